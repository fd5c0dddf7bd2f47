import { quoted } from "../problem.ts";
import { forbiddenNames, type TopicPattern, createTopicPattern } from "./topicPattern.ts";

export type { TopicPattern } from "./topicPattern.ts";

/** MQTT 3.1.1, 1.5.3: a text on the wire has at most so many bytes of UTF-8. */
const TOPIC_BYTES_MAX = 65_535;
/** Levels of a topic; each costs a step in every look-up, and no device needs more. */
const LEVELS_MAX = 128;

const nameLevel = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/;

/** What is wrong with a topic to publish to, as the rest of a sentence about it; `undefined` when nothing is. */
export function validateTopic(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return "holds a wildcard (+ or #), and one can publish to one topic only";
  return validateText(topic);
}

/** What is wrong with a filter to subscribe to, as the rest of a sentence about it; `undefined` when nothing is. */
export function validateFilter(filter: string): string | undefined {
  const levels = filter.split("/");
  const last = levels.length - 1;
  for (const [i, level] of levels.entries()) {
    // MQTT 3.1.1, 4.7.1: a wildcard fills its level, and # ends the filter.
    if (level.includes("#") && level !== "#") return "has a # that is not a level of its own";
    if (level === "#" && i < last) return "has a # before its end";
    if (level.includes("+") && level !== "+") return "has a + that is not a level of its own";
  }
  return validateText(filter);
}

/** True when a topic matches a filter: `#` also matches its parent, wildcards match no topic that begins with `$`. */
export function matchesFilter(filter: string, topic: string): boolean {
  // Most filters are topics, and a look at them is twenty times quicker than a walk.
  if (filter === topic) return true;
  if (!filter.includes("+") && !filter.includes("#")) return false;
  return matchesLevels(filter.split("/"), topic.split("/"));
}

/** The same with both already split at their slashes. */
function matchesLevels(filter: readonly string[], topic: readonly string[]): boolean {
  const [first = ""] = topic;
  if (first.startsWith("$") && (filter[0] === "+" || filter[0] === "#")) return false;
  for (const [i, level] of filter.entries()) {
    if (level === "#") return true;
    if (i >= topic.length || (level !== "+" && level !== topic[i])) return false;
    // MQTT 3.1.1, 4.7.1.2: "sport/#" also matches "sport".
    if (i === topic.length - 1 && filter.length === i + 2 && filter[i + 1] === "#") return true;
  }
  return filter.length === topic.length;
}

/**
 * Reads the filter of a flow: an MQTT filter in which `{name}` stands for a level with a name. `{device}` may stand
 * for several levels, because device names may hold slashes.
 */
export function parsePattern(text: string): TopicPattern | { readonly problem: string } {
  const levels = text.split("/");
  const names = levels.map((level) => nameLevel.exec(level)?.[1]);
  const plain = levels.map((level, i) => (names[i] === undefined ? level : "+"));
  const problem = problemOfNames(levels, names) ?? validateFilter(plain.join("/"));
  return problem === undefined ? createTopicPattern(text, plain, names) : { problem };
}

/** The named levels of a topic; none when the topic does not match. */
export function paramsOf(pattern: TopicPattern, levels: readonly string[]): Record<string, string> {
  return { ...pattern.matches(levels) };
}

/** True when every topic that matches `inner` also matches `outer`: what a client may ask for under a grant. */
export function filterContains(outer: string, inner: string): boolean {
  // "+/#" and "#" match the same topics; nowhere else are two different filters equal.
  return containsFrom(withoutPlus(outer).split("/"), withoutPlus(inner).split("/"), 0);
}

/** True when some topic matches both filters. */
export function filtersOverlap(a: string, b: string): boolean {
  return overlapFrom(a.split("/"), b.split("/"), 0);
}

function validateText(text: string): string | undefined {
  if (text === "") return "is empty";
  if (text.includes("\u0000")) return "holds a NUL character";
  if (/\p{Surrogate}/u.test(text)) return "is not valid Unicode";
  if (utf8Length(text) > TOPIC_BYTES_MAX) return `is longer than ${TOPIC_BYTES_MAX} bytes`;
  if (text.split("/").length > LEVELS_MAX) return `has more than ${LEVELS_MAX} levels`;
  return undefined;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else length += code < 0x10000 ? 3 : 4;
  }
  return length;
}

function problemOfNames(
  levels: readonly string[],
  names: readonly (string | undefined)[],
): string | undefined {
  for (const [i, level] of levels.entries()) {
    const name = names[i];
    if (name === undefined && /[{}]/.test(level)) {
      return `has the level ${quoted(level)}; a name fills its level, as in {room}, and has letters, digits, _ and -`;
    }
    if (name === undefined) continue;
    if (forbiddenNames.has(name)) return `may not use the name ${quoted(name)}`;
    if (names.indexOf(name) !== i) return `uses the name ${quoted(name)} twice`;
  }
  return undefined;
}

function withoutPlus(filter: string): string {
  return filter === "+/#" ? "#" : filter;
}

function containsFrom(outer: readonly string[], inner: readonly string[], at: number): boolean {
  const wanted = outer[at];
  const given = inner[at];
  if (wanted === undefined || given === undefined) {
    return given === wanted || (given === undefined && wanted === "#" && outer.length === at + 1);
  }
  const wild = wanted === "#" || (wanted === "+" && given !== "#");
  if (wild && at === 0 && given.startsWith("$")) return false;
  if (wanted === "#") return true;
  return (wild || wanted === given) && containsFrom(outer, inner, at + 1);
}

function overlapFrom(a: readonly string[], b: readonly string[], at: number): boolean {
  const left = a[at];
  const right = b[at];
  if (left === undefined || right === undefined) {
    return left === right || (left ?? right) === "#";
  }
  const wild = isWildcard(left) || isWildcard(right);
  if (wild && at === 0 && (left.startsWith("$") || right.startsWith("$"))) return false;
  if (left === "#" || right === "#") return true;
  return (wild || left === right) && overlapFrom(a, b, at + 1);
}

function isWildcard(level: string): boolean {
  return level === "+" || level === "#";
}
