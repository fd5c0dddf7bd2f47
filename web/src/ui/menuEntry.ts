/** One line of a menu. */
export interface MenuEntry {
  readonly label: string;
  readonly run: () => void;
  readonly icon?: string;
  readonly keys?: string;
  readonly danger?: boolean;
  /** A line above it. */
  readonly separated?: boolean;
}
