import { type Agenda } from "#flows/engine/agenda.ts";
import type { Program } from "#flows/engine/program.ts";
import { type Downtime, restoreState, scheduleAll } from "#flows/engine/restore.ts";
import { type FlowState, type Slot, createFlowState } from "#flows/engine/state.ts";
import type { RuntimeStore } from "./parts.ts";

/** A flow that runs: its program, its memory, and what is known of its health. */
export interface DeployedFlow {
  readonly id: string;
  program: Program;
  version: number;
  state: FlowState;
  /** Slots whose state is not on disk yet. */
  readonly dirty: Map<Slot, { readonly node: string; readonly key: string }>;
  /** Commits under way: what must not overtake them waits for this. */
  committed: Promise<void> | undefined;
  /** While a new version is being committed, what happens waits here. */
  held: (() => void)[] | undefined;
  readonly counts: FlowCounts;
  lastRunAt: number | undefined;
  /** ms since 1970 until when it is paused because it ran away. */
  pausedUntil: number;
  /** Start of the current second, and the runs in it; for how many seconds it was over the limit. */
  secondAt: number;
  runsInSecond: number;
  busySeconds: number;
}

/** Exact counts since the hub started; `runs` = `ok` + `failed` + `stopped`. */
export interface FlowCounts {
  ok: number;
  failed: number;
  stopped: number;
  /** Events not evaluated because the flow was paused. */
  dropped: number;
  commitFailures: number;
}

/** A flow without memory: a first deploy. */
export function createDeployedFlow(program: Program, version: number): DeployedFlow {
  return {
    id: program.flow.id,
    program,
    version,
    state: createFlowState(),
    dirty: new Map(),
    committed: undefined,
    held: undefined,
    counts: { ok: 0, failed: 0, stopped: 0, dropped: 0, commitFailures: 0 },
    lastRunAt: undefined,
    pausedUntil: 0,
    secondAt: 0,
    runsInSecond: 0,
    busySeconds: 0,
  };
}

/** Takes up the memory that the store kept; overdue deadlines are treated by the policy of their node. */
export function restoreFlow(
  flow: DeployedFlow,
  {
    store,
    agenda,
    downtime,
  }: { readonly store: RuntimeStore; readonly agenda: Agenda; readonly downtime: Downtime },
): ReturnType<typeof restoreState> {
  const { states, timers } = store.load(flow.id);
  const restored = restoreState(
    flow.program,
    {
      states: states.map(({ node, key, value }) => ({ node, key, value: JSON.parse(value) as unknown })),
      timers: timers.map(({ timer, ...row }) => ({ ...row, name: timer })),
    },
    downtime,
  );
  flow.state = restored.state;
  scheduleAll(restored.state, agenda);
  return restored;
}

/** Counts a run; false when the flow ran away and is paused from now on. */
export function countRun(
  flow: DeployedFlow,
  nowMs: number,
  limits: { runsPerSecond: number; runawayMs: number; pauseMs: number },
): boolean {
  if (nowMs - flow.secondAt >= 1_000) {
    flow.busySeconds =
      flow.runsInSecond >= limits.runsPerSecond && nowMs - flow.secondAt < 2_000 ? flow.busySeconds + 1 : 0;
    flow.secondAt = nowMs;
    flow.runsInSecond = 0;
  }
  flow.runsInSecond++;
  if (flow.busySeconds * 1_000 < limits.runawayMs) return true;
  flow.busySeconds = 0;
  flow.pausedUntil = nowMs + limits.pauseMs;
  return false;
}
