import type { DeployedFlow } from "./deployedFlow.ts";

/** How a running flow is. Times are ms since 1970. */
export interface RuntimeStatus {
  readonly state: "running" | "paused";
  readonly reason?: string;
  readonly version: number;
  readonly runs: number;
  readonly errors: number;
  readonly lastRunAt: number | null;
  readonly pendingTimers: number;
  readonly nextTimerAt: number | null;
}

/** Exact counts over all flows since the hub started. */
export interface RuntimeCounts {
  readonly flows: number;
  readonly ok: number;
  readonly failed: number;
  readonly stopped: number;
  /** Events that no flow evaluated: the queue was full, or the flow paused. */
  readonly dropped: number;
  readonly commitFailures: number;
  readonly pendingTimers: number;
  /** Messages of the journal that were evaluated when they came, and those that were after a restart. */
  readonly journaled: number;
  readonly replayed: number;
  /** Of both, those whose consumption is on disk. */
  readonly consumed: number;
}

/** Counts that no single flow has. */
export type SharedCounts = Pick<RuntimeCounts, "dropped" | "journaled" | "replayed" | "consumed">;

/** The status of a flow; undefined when it does not run. */
export function statusOf(flow: DeployedFlow | undefined, nowMs: number): RuntimeStatus | undefined {
  if (flow === undefined) return undefined;
  const { ok, failed, stopped } = flow.counts;
  const isPaused = nowMs < flow.pausedUntil;
  return {
    state: isPaused ? "paused" : "running",
    ...(isPaused && { reason: "It ran too often, as a loop does; it goes on within a minute." }),
    version: flow.version,
    runs: ok + failed + stopped,
    errors: failed + stopped,
    lastRunAt: flow.lastRunAt ?? null,
    pendingTimers: flow.state.timerCount,
    nextTimerAt: nextTimerAt(flow),
  };
}

/** The sums over all flows, with what was counted before an event reached a flow. */
export function countsOf(flows: readonly DeployedFlow[], shared: SharedCounts): RuntimeCounts {
  const sum = (read: (flow: DeployedFlow) => number) => flows.reduce((total, flow) => total + read(flow), 0);
  return {
    ...shared,
    flows: flows.length,
    ok: sum(({ counts }) => counts.ok),
    failed: sum(({ counts }) => counts.failed),
    stopped: sum(({ counts }) => counts.stopped),
    dropped: shared.dropped + sum(({ counts }) => counts.dropped),
    commitFailures: sum(({ counts }) => counts.commitFailures),
    pendingTimers: sum(({ state }) => state.timerCount),
  };
}

function nextTimerAt(flow: DeployedFlow): number | null {
  let next = Infinity;
  for (const slots of flow.state.nodes.values())
    for (const slot of slots.values())
      for (const { dueAt, verifyBy } of slot.timers?.values() ?? []) next = Math.min(next, verifyBy ?? dueAt);
  return next === Infinity ? null : next;
}

/** The state of a flow as people see it, whether it runs or not. */
export interface FlowStatus extends Omit<RuntimeStatus, "state" | "version"> {
  readonly state: "running" | "off" | "paused" | "failed" | "draft";
}

const IDLE = { runs: 0, errors: 0, lastRunAt: null, pendingTimers: 0, nextTimerAt: null } as const;

/** The status of a flow of the catalog; `status` is absent when it does not run. */
export function flowStatus(
  { isDeployed, isEnabled }: { readonly isDeployed: boolean; readonly isEnabled: boolean },
  status: RuntimeStatus | undefined,
): FlowStatus {
  if (!isDeployed) return { state: "draft", ...IDLE };
  if (!isEnabled) return { state: "off", ...IDLE };
  if (status === undefined)
    return {
      state: "failed",
      reason: "Its deployed version can no longer be read; deploy it again.",
      ...IDLE,
    };
  const { version: _version, ...rest } = status;
  return rest;
}
