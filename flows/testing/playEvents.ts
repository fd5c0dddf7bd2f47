import type { TestEvent } from "../flow.ts";
import { parseDuration } from "../logic/duration.ts";
import type { PresenceTransition } from "../node.ts";
import type { Run } from "../engine/run.ts";
import type { Program } from "../engine/program.ts";
import { type VirtualHub, createVirtualHub } from "./virtualHub.ts";

/** Events at virtual times, and how long to watch. */
export interface Play {
  readonly program: Program;
  readonly startMs: number;
  readonly zone: string;
  readonly given: readonly TestEvent[];
  /** Default: until nothing is pending, at most 24 h after the last event. */
  readonly until?: string | undefined;
}

const WATCH_MAX_MS = 86_400_000;
/** Runs of one play: a schedule of every second over years must not hold up whoever asked. */
const RUNS_MAX = 20_000;

/** Plays events on a virtual hub and hands over each run; false when it was stopped because there were too many. */
export function playEvents(
  { program, startMs, zone, given, until }: Play,
  onRun: (run: Run) => void,
): boolean {
  let runs = 0;
  const hub = createVirtualHub({
    program,
    startMs,
    zone,
    onRun(run) {
      if (++runs > RUNS_MAX) throw new TooManyRuns();
      onRun(run);
    },
  });
  try {
    play(hub, { startMs, given, until });
    return true;
  } catch (error) {
    if (error instanceof TooManyRuns) return false;
    throw error;
  }
}

class TooManyRuns extends Error {}

function play(hub: VirtualHub, { startMs, given, until }: Pick<Play, "startMs" | "given" | "until">): void {
  const events = given
    .map((event) => ({ event, atMs: startMs + (parseDuration(event.at) ?? 0) }))
    .toSorted((a, b) => a.atMs - b.atMs);
  hub.event({ type: "start" });
  for (const { event, atMs } of events) {
    hub.advanceTo(atMs);
    happen(hub, event);
  }
  if (until !== undefined) return hub.advanceTo(startMs + (parseDuration(until) ?? 0));
  const lastMs = hub.now();
  while (hub.nextAt() <= lastMs + WATCH_MAX_MS) hub.advanceTo(hub.nextAt());
}

function happen(hub: VirtualHub, event: TestEvent): void {
  const { topic, payload, qos, retain, initial, presence, device, node, restart } = event;
  if (restart !== undefined) hub.restart(hub.now() + (parseDuration(restart) ?? 0));
  if (topic !== undefined)
    hub.publish({
      topic,
      payload,
      ...(device !== undefined && { device }),
      ...(qos !== undefined && { qos }),
      ...(retain !== undefined && { retain }),
      ...(initial !== undefined && { initial }),
    });
  if (device !== undefined && presence !== undefined)
    hub.event(presenceEvent(device, presence as PresenceTransition, hub.now()));
  if (node !== undefined) hub.event({ type: "inject", ...("payload" in event && { payload }) }, node);
}

/** A transition with everything that a test does not care to say. */
export function presenceEvent(device: string, event: PresenceTransition, nowMs: number) {
  const isUp = event === "online" || event === "recovered" || event === "steady";
  return {
    type: "presence" as const,
    device: { id: device, name: device },
    event,
    state: event === "recovered" || event === "steady" ? "online" : event,
    previous: isUp ? "offline" : "online",
    reason: "socket",
    since: nowMs,
    blinks: 0,
  };
}
