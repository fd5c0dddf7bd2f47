/** Limits of the host; those of the language are in flows/limits.ts. */
export const runtimeLimits = {
  /** Events that wait to be evaluated; beyond it the oldest QoS 0 ones are dropped and counted. */
  queuedEvents: 10_000,
  /** Evaluation gives way to the network after so long. */
  sliceMs: 20,
  /** State that only QoS 0 messages changed is written so often. */
  flushMs: 1_000,
  /** Messages taken out of the journal by one commit, beside the one that caused it. */
  consumedAtOnce: 1_000,
  /** Messages replayed at a start before the disk is waited for. */
  replayedAtOnce: 100,
  /** Keys that nobody used for long are looked for so often. */
  sweepMs: 3_600_000,
  /** One timer of the host sleeps at most so long, so that a clock that jumps is noticed. */
  sleepMaxMs: 60_000,
  /** A flow that runs more often than so for `runawayMs` is paused for `pauseMs`. */
  runsPerSecond: 2_000,
  runawayMs: 10_000,
  pauseMs: 60_000,
  /** Runs with their traces kept in memory for each flow. */
  tracedRuns: 200,
  /** Of a flow that runs more often than so in a second, one in `sampledRuns` of the rest is kept; failures always. */
  tracedRunsPerSecond: 50,
  sampledRuns: 100,
  /** Runs written to the history for each flow and second; failures have a share of their own. */
  storedRunsPerSecond: 10,
  historyFlushMs: 5_000,
  /** Part of a payload that a trace keeps. */
  tracePayloadBytes: 4_096,
  /** Topics whose listeners are remembered. */
  routedTopics: 8_192,
} as const;
