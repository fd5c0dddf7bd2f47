import { type Program, compileFlow } from "../engine/program.ts";
import type { Run } from "../engine/run.ts";
import type { ExpectedEffect, FlowTest } from "../flow.ts";
import { formatDuration, parseDuration } from "../logic/duration.ts";
import type { AnyNode, Effect } from "../node.ts";
import type { Problem } from "../problem.ts";
import { contains } from "./equal.ts";
import { playEvents } from "./playEvents.ts";

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
  const { zone = "UTC", given, until } = test;
  const isWhole = playEvents({ program, startMs, zone, given, until }, (run) => {
    effects.push(...testedEffects(run, startMs));
    for (const { node, message } of run.errors)
      errors.push(`At ${formatDuration(run.nowMs - startMs)} the node "${node}" failed: ${message}`);
  });
  const differences = isWhole
    ? compare(effects, test.expect)
    : ["The test was stopped: it causes too many runs."];
  // A failure is worth a word only where the outcome is not what was expected.
  const told = differences.length > 0 ? [...differences, ...errors.slice(0, 10)] : [];
  return { name: test.name, ok: told.length === 0, differences: told, effects };
}

/** The effects of a run as tests and dry runs show them. */
export function testedEffects(run: Run, startMs: number): TestedEffect[] {
  return run.effects.map(({ node, effect }) => ({
    atMs: run.nowMs - startMs,
    node,
    effect: effect.do,
    fields: fieldsOf(effect),
  }));
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
