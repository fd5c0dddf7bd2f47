import { quoted } from "../problem.ts";
import { compileGetter, type Getter } from "./getter.ts";
import { ruleLimits } from "./ruleLimits.ts";

/** The keys of a path, or one sentence about what is wrong with it. */
export type ParsedPath =
  | { readonly keys: readonly string[]; readonly problem?: never }
  | { readonly problem: string; readonly keys?: never };

const bareKey = /[A-Za-z_$][A-Za-z0-9_$-]*/y;
const indexKey = /\[(0|[1-9]\d*)\]/y;
const quotedKey = /\[\s*("(?:[^"\\]|\\.)*")\s*\]/y;
const wholeBareKey = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;
const wholeIndex = /^(?:0|[1-9]\d*)$/;

/** Reads the text form: `payload.list[0].t`, `payload.PMS5003["PM2.5"]`. */
export function parsePath(text: string): ParsedPath {
  const source = text.trim();
  if (source === "") return { problem: "The path is empty; write one such as payload.temperature." };
  const keys: string[] = [];
  let at = 0;
  while (at < source.length) {
    const afterDot = source[at] === ".";
    if (afterDot) at += 1;
    // A path begins with a bare key; every further one needs its dot.
    const step = keys.length === 0 || afterDot ? readBareKey(source, at) : readBracket(source, at);
    if (step === undefined || (afterDot && keys.length === 0)) return { problem: problemAt(source, at) };
    keys.push(step.key);
    at = step.end;
  }
  if (source.endsWith(".")) return { problem: problemAt(source, at) };
  if (keys.length <= ruleLimits.pathKeys) return { keys };
  return { problem: `The path ${quoted(source)} has more than ${ruleLimits.pathKeys} keys.` };
}

/** The text form of a path; reading it back gives the same keys. */
export function formatPath(keys: readonly string[]): string {
  return keys.map((key, i) => formatKey(key, i === 0)).join("");
}

/** Compiles a path to a getter: own properties only, `undefined` where there is nothing; null stays null. */
export function compilePath(keys: readonly string[]): Getter {
  return compileGetter(keys, undefined);
}

/** Reads a path once. */
export function getPath(data: unknown, keys: readonly string[]): unknown {
  return compilePath(keys)(data);
}

interface Step {
  readonly key: string;
  readonly end: number;
}

function readBareKey(source: string, at: number): Step | undefined {
  bareKey.lastIndex = at;
  const key = bareKey.exec(source)?.[0];
  return key === undefined ? undefined : { key, end: at + key.length };
}

function readBracket(source: string, at: number): Step | undefined {
  indexKey.lastIndex = at;
  const index = indexKey.exec(source);
  if (index?.[1] !== undefined) return { key: index[1], end: indexKey.lastIndex };
  quotedKey.lastIndex = at;
  const named = quotedKey.exec(source)?.[1];
  if (named === undefined) return undefined;
  const key = unquote(named);
  return key === undefined ? undefined : { key, end: quotedKey.lastIndex };
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function problemAt(source: string, at: number): string {
  const rest = source.slice(at);
  const place = rest === "" ? "ends in a dot" : `cannot be read at ${quoted(rest, 20)}`;
  return `The path ${quoted(source)} ${place}; write keys such as payload.list[0] or payload["PM2.5"].`;
}

function formatKey(key: string, first: boolean): string {
  if (wholeBareKey.test(key)) return first ? key : `.${key}`;
  return wholeIndex.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`;
}
