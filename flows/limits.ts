/** Limits of the language (reference: semantics of flows, section 9). Each has its unit in its name or comment. */
export const limits = {
  nodesPerFlow: 500,
  wiresPerFlow: 2_000,
  testsPerFlow: 200,
  /** Per run. */
  deliveriesPerRun: 1_000,
  messagesPerReceive: 1_000,
  effectsPerRun: 100,
  /** Steps a rule may take: per evaluation and per run. */
  stepsPerEvaluation: 100_000,
  stepsPerRun: 1_000_000,
  effectBytes: 256 * 1024,
  /** State of one node for one key, as JSON text. */
  stateBytes: 64 * 1024,
  keysPerNode: 10_000,
  /** A key that has not been used for so long and waits for nothing is forgotten. */
  keyTtlMs: 7 * 86_400_000,
  keyLength: 256,
  timersPerFlow: 100_000,
  /** Publishes by flows along one chain of causes. */
  hops: 16,
  /** After a restart, an overdue condition waits so long for a fresh value before it fires unverified. */
  verifyWithinMs: 120_000,
  /** Longest duration a user may set. */
  durationMs: 400 * 86_400_000,
  documentBytes: 1024 * 1024,
} as const;
