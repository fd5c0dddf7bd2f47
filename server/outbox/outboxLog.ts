/** The part of a logger that the outbox uses. */
export interface OutboxLog {
  warn: (details: object, message: string) => void;
  error: (details: object, message: string) => void;
}
