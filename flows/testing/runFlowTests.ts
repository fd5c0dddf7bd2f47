import { type Program, compileFlow } from "../engine/program.ts";
import type { ExpectedEffect, FlowTest, TestEvent } from "../flow.ts";
import { formatDuration, parseDuration } from "../logic/duration.ts";
import type { AnyNode, Effect, PresenceTransition } from "../node.ts";
import type { Problem } from "../problem.ts";
import { contains } from "./equal.ts";
import { type VirtualHub, createVirtualHub } from "./virtualHub.ts";

/** How one test of a flow went. */
export interface FlowTestResult {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence for each difference. */
  readonly differences: readonly string[];
  readonly effects: readonly TestedEffect[];
}

export interface TestedEffect {
  /** Since the start of the test. */
  readonly atMs: number;
  readonly node: string;
  readonly effect: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const START = "2026-01-01T00:00:00Z";
const WATCH_MAX_MS = 86_400_000;
/** Effects of one test; a flow that makes more is stopped and the test fails. */
const EFFECTS_MAX = 10_000;

/** Runs a flow's own tests on a virtual clock, by the interpreter that runs live. A broken document has problems instead. */
export function runFlowTests(
  document: unknown,
  specs: readonly AnyNode[],
): { readonly results: readonly FlowTestResult[]; readonly problems: readonly Problem[] } {
  const { program, problems } = compileFlow(document, specs);
  if (program === undefined) return { results: [], problems };
  return { results: (program.flow.tests ?? []).map((test) => runTest(program, test)), problems };
}

function runTest(program: Program, test: FlowTest): FlowTestResult {
  const startMs = Date.parse(test.start ?? START);
  const effects: TestedEffect[] = [];
  const errors: string[] = [];
  const hub = createVirtualHub({
    program,
    startMs,
    zone: test.zone ?? "UTC",
    onRun(run) {
      for (const { node, effect } of run.effects)
        effects.push({ atMs: run.nowMs - startMs, node, effect: effect.do, fields: fieldsOf(effect) });
      for (const { node, message } of run.errors)
        errors.push(`At ${formatDuration(run.nowMs - startMs)} the node "${node}" failed: ${message}`);
    },
  });
  play(hub, test, startMs, () => effects.length <= EFFECTS_MAX);
  const differences = compare(effects, test.expect);
  // A failure is worth a word only where the outcome is not what was expected.
  const told = differences.length > 0 ? [...differences, ...errors.slice(0, 10)] : [];
  return { name: test.name, ok: told.length === 0, differences: told, effects };
}

function play(hub: VirtualHub, test: FlowTest, startMs: number, goesOn: () => boolean): void {
  const events = test.given
    .map((event) => ({ event, atMs: startMs + (parseDuration(event.at) ?? 0) }))
    .toSorted((a, b) => a.atMs - b.atMs);
  hub.event({ type: "start" });
  for (const { event, atMs } of events) {
    hub.advanceTo(atMs);
    happen(hub, event);
  }
  const lastMs = Math.max(hub.now(), startMs);
  const untilMs = test.until === undefined ? undefined : startMs + (parseDuration(test.until) ?? 0);
  if (untilMs !== undefined) return hub.advanceTo(untilMs);
  while (goesOn() && hub.nextAt() <= lastMs + WATCH_MAX_MS) hub.advanceTo(hub.nextAt());
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

function fieldsOf(effect: Effect): Readonly<Record<string, unknown>> {
  const { do: _name, ...fields } = effect;
  return fields;
}

/** Exactly the expected effects, in order. */
function compare(actual: readonly TestedEffect[], expected: readonly ExpectedEffect[]): string[] {
  const differences = expected.flatMap((wanted, index) => {
    const found = actual[index];
    if (found === undefined) return [`Expected ${describeExpected(wanted)}, and nothing came.`];
    return matches(found, wanted)
      ? []
      : [`Expected ${describeExpected(wanted)}, and got ${describe(found)}.`];
  });
  const extra = actual.slice(expected.length, expected.length + 5);
  const more = actual.length - expected.length - extra.length;
  return [
    ...differences,
    ...extra.map((effect) => `Nothing more was expected, and there came ${describe(effect)}.`),
    ...(more > 0 ? [`${more} more effects came.`] : []),
  ];
}

function matches(found: TestedEffect, wanted: ExpectedEffect): boolean {
  return (
    found.node === wanted.node &&
    found.effect === wanted.effect &&
    (wanted.at === undefined || found.atMs === parseDuration(wanted.at)) &&
    contains(found.fields, wanted.with ?? {})
  );
}

function describeExpected({ node, effect, at, with: fields = {} }: ExpectedEffect): string {
  const time = at === undefined ? "" : ` at ${at}`;
  return `${effect} by "${node}"${time} with ${JSON.stringify(fields)}`;
}

function describe({ node, effect, atMs, fields }: TestedEffect): string {
  return `${effect} by "${node}" at ${formatDuration(atMs)} with ${JSON.stringify(fields)}`;
}
