import { pointer, quoted } from "../problem.ts";
import { extraOperators, type ExtraOperator } from "./extraOperators.ts";
import { plainOperators } from "./operators.ts";
import { compilePattern, type Matcher } from "./pattern.ts";
import { ruleLimits } from "./ruleLimits.ts";
import { type RuleProblem, ruleError } from "./ruleProblem.ts";
import { isZone } from "./zone.ts";

/** A rule, read once: what the compilers and the explanation walk over. `at` is a JSON pointer into the rule. */
export type Part = ConstantPart | ListPart | OperationPart;

/** A value that is given in the rule itself; a frozen copy. */
export interface ConstantPart {
  readonly kind: "constant";
  readonly value: unknown;
  readonly at: string;
}

/** A list whose items may be rules. */
export interface ListPart {
  readonly kind: "list";
  readonly items: readonly Part[];
  readonly at: string;
}

/** An operator with its operands. */
export interface OperationPart {
  readonly kind: "operation";
  readonly op: string;
  readonly operands: readonly Part[];
  readonly at: string;
  /** Parts below this one, itself included. */
  readonly size: number;
  /** The compiled pattern of `matches`. */
  readonly matcher?: Matcher;
}

/** Operators that do not simply get their operands evaluated. */
const structuralOperators: ReadonlySet<string> = new Set([
  "if",
  "?:",
  "and",
  "or",
  "var",
  "missing",
  "missing_some",
  "map",
  "filter",
  "reduce",
  "all",
  "some",
  "none",
]);

/** Reads a rule and reports everything that is wrong with it; `part` is absent when it cannot be used. */
export function readParts(source: unknown): {
  readonly part?: Part;
  readonly problems: readonly RuleProblem[];
} {
  const problems: RuleProblem[] = [];
  const reader: Reader = { problems, parts: 0 };
  const part = readPart(source, reader, { depth: 0, at: "" });
  if (problems.length > 0 || part === undefined) return { problems };
  if (JSON.stringify(source).length <= ruleLimits.ruleLength) return { part, problems };
  const message = `The rule is longer than ${ruleLimits.ruleLength} characters; split it over several nodes.`;
  return { problems: [ruleError("rule.size", "", message)] };
}

/** A frozen copy of plain JSON that holds no rules, and what is wrong with it. */
export function readConstant(source: unknown): {
  readonly value: unknown;
  readonly problems: readonly RuleProblem[];
} {
  const reader: Reader = { problems: [], parts: 0 };
  return { value: copyConstant(source, reader, { depth: 0, at: "" }), problems: reader.problems };
}

interface Reader {
  readonly problems: RuleProblem[];
  parts: number;
}

interface Place {
  readonly depth: number;
  readonly at: string;
}

function readPart(source: unknown, reader: Reader, place: Place): Part | undefined {
  if (!enter(reader, place)) return undefined;
  if (Array.isArray(source)) return readList(source, reader, place);
  const operation = operationOf(source);
  if (operation !== undefined) return readOperation(operation, reader, place);
  const value = copyConstant(source, reader, place);
  return { kind: "constant", value, at: place.at };
}

/** False when the rule is too deep or too large to go on; reported once. */
function enter(reader: Reader, { depth, at }: Place): boolean {
  reader.parts += 1;
  if (depth > ruleLimits.depth) {
    report(reader, ruleError("rule.depth", at, `The rule is nested deeper than ${ruleLimits.depth} levels.`));
    return false;
  }
  if (reader.parts > ruleLimits.parts) {
    report(
      reader,
      ruleError("rule.parts", at, `The rule has more than ${ruleLimits.parts} parts; split it.`),
    );
    return false;
  }
  return true;
}

/** Limits are reported once: a rule that breaks one breaks it in many places. */
function report(reader: Reader, problem: RuleProblem): void {
  if (!reader.problems.some(({ code }) => code === problem.code)) reader.problems.push(problem);
}

/** JsonLogic: an object with exactly one key is an operation. */
function operationOf(source: unknown): readonly [string, unknown] | undefined {
  if (typeof source !== "object" || source === null) return undefined;
  return Object.keys(source).length === 1 ? Object.entries(source)[0] : undefined;
}

function readList(source: readonly unknown[], reader: Reader, { depth, at }: Place): ListPart {
  const items: Part[] = [];
  for (let i = 0; i < source.length && reader.parts <= ruleLimits.parts; i++) {
    const item = readPart(source[i], reader, { depth: depth + 1, at: `${at}/${i}` });
    if (item !== undefined) items.push(item);
  }
  return { kind: "list", items, at };
}

function readOperation([op, given]: readonly [string, unknown], reader: Reader, { depth, at }: Place): Part {
  const before = reader.parts;
  const here = at + pointer(op);
  const list = Array.isArray(given);
  const operands = list
    ? readList(given, reader, { depth, at: here }).items
    : [readPart(given, reader, { depth: depth + 1, at: here })].filter((part) => part !== undefined);
  const part: OperationPart = { kind: "operation", op, operands, at, size: reader.parts - before + 1 };
  const extra = extraOperators.get(op);
  if (extra !== undefined) return checkOperands(part, extra, reader);
  if (!structuralOperators.has(op) && !plainOperators.has(op)) {
    reader.problems.push(ruleError("rule.operator", here, `There is no operator ${quoted(op)}.`));
  }
  return part;
}

/** Operators of our own are strict where JsonLogic lets anything pass: count, pattern and zone must be right. */
function checkOperands(
  part: OperationPart,
  { operands: specs }: ExtraOperator,
  reader: Reader,
): OperationPart {
  const { op, operands, at } = part;
  const here = at + pointer(op);
  const required = specs.filter((spec) => spec.optional !== true).length;
  const most = specs.at(-1)?.repeated === true ? Infinity : specs.length;
  // `{"now":[]}` and `{"now":null}` are two ways to write an operator without operands.
  const count = specs.length === 0 && isNullConstant(operands[0]) ? 0 : operands.length;
  if (count < required || count > most) {
    const names = specs.map((spec) => spec.name).join(", ") || "no operands";
    reader.problems.push(ruleError("rule.operands", here, `The operator ${quoted(op)} takes ${names}.`));
  }
  const zone = operands[specs.findIndex((spec) => spec.type === "zone")];
  if (zone?.kind === "constant" && !(typeof zone.value === "string" && isZone(zone.value))) {
    const message = `${quoted(zone.value)} is no time zone; write one such as "Europe/Berlin".`;
    reader.problems.push(ruleError("rule.zone", zone.at, message));
  }
  return op === "matches" ? withMatcher(part, reader) : part;
}

function withMatcher(part: OperationPart, reader: Reader): OperationPart {
  const pattern = part.operands[1];
  if (pattern === undefined) return part;
  if (pattern.kind !== "constant" || typeof pattern.value !== "string") {
    const message =
      "The pattern of matches must be a fixed text, because it is compiled when the flow is saved.";
    reader.problems.push(ruleError("rule.pattern", pattern.at, message));
    return part;
  }
  const matcher = compilePattern(pattern.value);
  if (typeof matcher !== "string") return { ...part, matcher };
  const message = `The pattern ${quoted(pattern.value)} cannot be used: ${matcher}.`;
  reader.problems.push(ruleError("rule.pattern", pattern.at, message));
  return part;
}

function isNullConstant(part: Part | undefined): boolean {
  return part?.kind === "constant" && part.value === null;
}

/** A frozen copy, so that no result ever aliases the stored rule. */
function copyConstant(source: unknown, reader: Reader, { depth, at }: Place): unknown {
  if (typeof source !== "object" || source === null) {
    if (!["string", "number", "boolean"].includes(typeof source) && source !== null)
      refuse(source, reader, at);
    return source;
  }
  const prototype: unknown = Object.getPrototypeOf(source);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(source))
    refuse(source, reader, at);
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(source)) {
    const place = { depth: depth + 1, at: at + pointer(name) };
    if (!enter(reader, place)) break;
    if (name === "__proto__")
      reader.problems.push(ruleError("rule.key", place.at, "A key may not be __proto__."));
    entries.push([name, copyConstant(item, reader, place)]);
  }
  return Object.freeze(Array.isArray(source) ? entries.map(([, item]) => item) : Object.fromEntries(entries));
}

function refuse(source: unknown, reader: Reader, at: string): void {
  const message = `A rule is made of JSON values, and ${typeof source} is none.`;
  report(reader, ruleError("rule.not-json", at, message));
}
