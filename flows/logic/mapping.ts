import { pointer, quoted } from "../problem.ts";
import type { Budget } from "./budget.ts";
import { forbiddenKeys, ruleLimits } from "./ruleLimits.ts";
import { hasRuleErrors, ruleError, type RuleProblem } from "./ruleProblem.ts";
import { compileRuleValue, compileValue } from "./value.ts";

/** An object whose leaves are rules, templates or constants. */
export interface Mapping {
  readonly source: unknown;
  readonly paths: readonly (readonly string[])[];
  /** A new object; a leaf whose input is missing is null. Throws `rule.failed` and `limit.*`. */
  build(data: unknown, budget: Budget): Record<string, unknown>;
}

/**
 * Compiles a mapping. Only `{"$rule": ...}` marks a rule, so an object with one key is just an object here. Never
 * throws; with an error there is no mapping.
 */
export function compileMapping(source: unknown): {
  readonly mapping?: Mapping;
  readonly problems: readonly RuleProblem[];
} {
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    return { problems: [ruleError("mapping.type", "", `A mapping is an object, not ${quoted(source)}.`)] };
  }
  const reader: Reader = { problems: [], paths: [], leaves: 0 };
  const build = readObject(source, reader, { depth: 0, at: "" });
  if (hasRuleErrors(reader.problems)) return { problems: reader.problems };
  return { mapping: { source, paths: reader.paths, build }, problems: reader.problems };
}

type Build<Result> = (data: unknown, budget: Budget) => Result;

interface Reader {
  readonly problems: RuleProblem[];
  readonly paths: (readonly string[])[];
  leaves: number;
}

interface Place {
  readonly depth: number;
  readonly at: string;
}

function readNode(source: unknown, reader: Reader, place: Place): Build<unknown> {
  if (place.depth > ruleLimits.depth) {
    return refuse(
      reader,
      "mapping.depth",
      place.at,
      `The mapping is nested deeper than ${ruleLimits.depth} levels.`,
    );
  }
  if (typeof source !== "object" || source === null) return readLeaf(source, reader, place);
  if (Array.isArray(source)) {
    const items = source.map((item: unknown, i) => readNode(item, reader, below(place, i)));
    return (data, budget) => items.map((item) => item(data, budget));
  }
  return Object.hasOwn(source, "$rule") ? readRule(source, reader, place) : readObject(source, reader, place);
}

function readObject(source: object, reader: Reader, place: Place): Build<Record<string, unknown>> {
  const entries = Object.entries(source).map(([key, inner]: [string, unknown]) => {
    const there = below(place, key);
    if (forbiddenKeys.has(key)) refuse(reader, "mapping.key", there.at, `A key may not be ${quoted(key)}.`);
    return { key, build: readNode(inner, reader, there) };
  });
  return (data, budget) => {
    const made: Record<string, unknown> = {};
    for (const { key, build } of entries) made[key] = build(data, budget);
    return made;
  };
}

function readRule(source: object, reader: Reader, place: Place): Build<unknown> {
  const [marker, ...others] = Object.keys(source);
  if (marker !== "$rule" || others.length > 0) {
    return refuse(reader, "mapping.rule", place.at, "An object with $rule may have no other key.");
  }
  const there = below(place, "$rule");
  return addLeaf(compileRuleValue(Object.values(source)[0]), reader, there);
}

function readLeaf(source: unknown, reader: Reader, place: Place): Build<unknown> {
  return addLeaf(compileValue(source), reader, place);
}

function addLeaf(
  { value, problems }: ReturnType<typeof compileValue>,
  reader: Reader,
  place: Place,
): Build<unknown> {
  reader.leaves += 1;
  if (reader.leaves === ruleLimits.mappingLeaves + 1) {
    refuse(reader, "mapping.size", place.at, `The mapping has more than ${ruleLimits.mappingLeaves} values.`);
  }
  reader.problems.push(...problems.map((problem) => ({ ...problem, path: place.at + problem.path })));
  if (value === undefined) return () => null;
  reader.paths.push(...value.paths);
  return (data, budget) => value.of(data, budget) ?? null;
}

function refuse(reader: Reader, code: string, at: string, message: string): Build<unknown> {
  reader.problems.push(ruleError(code, at, message));
  return () => null;
}

function below({ depth, at }: Place, key: string | number): Place {
  return { depth: depth + 1, at: at + pointer(key) };
}
