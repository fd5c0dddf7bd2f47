/** What one part of the soak found. */
export interface Outcome {
  /** For people; numbers with units. */
  readonly figures: string;
  /** Each broken promise is a sentence; none is what we want. */
  readonly breaches: readonly string[];
}
