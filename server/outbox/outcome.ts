/** What a receiver answered, for the traces: never more than its beginning. */
export interface Answer {
  readonly status?: number;
  readonly body?: string;
}

/** How one attempt ended. `retry` may succeed later; `refused` never will and becomes a dead letter at once. */
export type Outcome =
  | ({ readonly outcome: "delivered" } & Answer)
  | ({ readonly outcome: "retry"; readonly error: string; readonly retryAfterMs?: number } & Answer)
  | ({ readonly outcome: "refused"; readonly reason: string; readonly error: string } & Answer);
