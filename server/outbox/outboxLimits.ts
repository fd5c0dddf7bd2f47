/** Bounds of the outbox; tests and settings may lower them. */
export interface OutboxLimits {
  readonly perTarget: number;
  readonly inAll: number;
  readonly maxAgeMs: number;
  /** Waiting rows of one target, and their bodies as JSON. */
  readonly rowsPerTarget: number;
  readonly bytesPerTarget: number;
  /** One attempt; then it is cut off and tried again. */
  readonly attemptMs: number;
  /** How long `stop` waits for attempts under way. */
  readonly stopMs: number;
}

export const outboxLimits: OutboxLimits = {
  perTarget: 4,
  inAll: 32,
  maxAgeMs: 24 * 3_600_000,
  rowsPerTarget: 10_000,
  bytesPerTarget: 64 * 1024 * 1024,
  attemptMs: 75_000,
  stopMs: 5_000,
};
