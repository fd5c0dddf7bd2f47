/** The filter of a flow, ready to subscribe and to match. */
export interface TopicPattern {
  /** As the user wrote it. */
  readonly source: string;
  /** What to subscribe to. Wider than the pattern when `{device}` may span levels; `matches` decides. */
  readonly filter: string;
  /** The name of each level of the source, where it has one. */
  readonly names: readonly (string | undefined)[];
  /** True when every topic that matches `filter` matches the pattern. */
  readonly exact: boolean;
  /** The named levels of a topic, or `undefined` when it does not match. */
  matches(levels: readonly string[]): Readonly<Record<string, string>> | undefined;
}

/** Names that could reach a prototype. */
export const forbiddenNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The name whose level may be several. */
const SPANNING_NAME = "device";

const noParams: Readonly<Record<string, string>> = Object.freeze({});

/** Builds a pattern from its levels, names already replaced by `+`. */
export function createTopicPattern(
  source: string,
  levels: readonly string[],
  names: readonly (string | undefined)[],
): TopicPattern {
  const spanAt = names.indexOf(SPANNING_NAME);
  const named = names.some((name) => name !== undefined);
  const exact = spanAt < 0;
  // "a/+/#" rather than "a/#", which would also match "a" and so no device at all.
  const filter = exact ? levels.join("/") : [...levels.slice(0, spanAt + 1), "#"].join("/");
  return {
    source,
    filter,
    names,
    exact,
    matches(topic) {
      if (isHidden(levels, topic)) return undefined;
      const span = exact ? 1 : findSpan(levels, topic, spanAt);
      if (span === undefined || (exact && !matchesWithSpan(levels, topic, { spanAt, span })))
        return undefined;
      return named ? readNames(names, topic, { spanAt, span }) : noParams;
    },
  };
}

/** Which level may be several, and how many levels of the topic it takes. */
interface Span {
  readonly spanAt: number;
  readonly span: number;
}

/** MQTT 3.1.1, 4.7.2: a wildcard at the start matches no topic that begins with `$`. */
function isHidden([first]: readonly string[], [level = ""]: readonly string[]): boolean {
  return level.startsWith("$") && (first === "+" || first === "#");
}

/** The smallest number of levels for `{device}` with which the rest fits; without a `#` there is only one. */
function findSpan(levels: readonly string[], topic: readonly string[], spanAt: number): number | undefined {
  const spanMax = topic.length - spanAt;
  for (let span = 1; span <= spanMax; span++) {
    if (matchesWithSpan(levels, topic, { spanAt, span })) return span;
  }
  return undefined;
}

function matchesWithSpan(
  levels: readonly string[],
  topic: readonly string[],
  { spanAt, span }: Span,
): boolean {
  let at = 0;
  for (const [i, level] of levels.entries()) {
    if (level === "#") return true;
    if (at >= topic.length || (level !== "+" && level !== topic[at])) return false;
    at += i === spanAt ? span : 1;
  }
  return at === topic.length;
}

function readNames(
  names: readonly (string | undefined)[],
  topic: readonly string[],
  { spanAt, span }: Span,
): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    if (name === undefined) continue;
    const at = spanAt >= 0 && i > spanAt ? i + span - 1 : i;
    params[name] = i === spanAt ? topic.slice(at, at + span).join("/") : (topic[at] ?? "");
  }
  return params;
}
