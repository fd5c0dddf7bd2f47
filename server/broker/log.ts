/** Where the broker reports; text from outside stands only in the details, never in the sentence. */
export interface Log {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}
