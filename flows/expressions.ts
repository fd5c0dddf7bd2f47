import type { Field, FieldOptions, Report } from "./field.ts";
import { limits } from "./limits.ts";
import type { Budget } from "./logic/budget.ts";
import { parseDuration } from "./logic/duration.ts";
import { type Mapping, compileMapping } from "./logic/mapping.ts";
import { type Rule, type RuleProblem, compileRule } from "./logic/rule.ts";
import { type Encode, type Template, compileTemplate } from "./logic/template.ts";
import { type CompiledValue, compileValue } from "./logic/value.ts";
import type { Message } from "./message.ts";
import { NodeError } from "./errors.ts";
import { pointer, quoted } from "./problem.ts";
import { type TopicPattern, parsePattern } from "./topics/topicFilter.ts";

/** A JsonLogic rule, read as true, false or unknown. */
export function condition(label: string, options: FieldOptions<unknown> = {}): Field<Rule> {
  return {
    kind: "condition",
    label,
    ...options,
    schema: {},
    read: (stored, report) => compiled(compileRule(stored), "rule", report),
  };
}

/** A value of the message: a JsonLogic rule, a text with `{{...}}`, or a constant. */
export function value(label: string, options: FieldOptions<unknown> = {}): Field<CompiledValue> {
  return {
    kind: "value",
    label,
    ...options,
    schema: {},
    read: (stored, report) => compiled(compileValue(stored), "value", report),
  };
}

/** An object whose leaves are rules (`{"$rule": ...}`), templates or constants. */
export function mapping(label: string, options: FieldOptions<object> = {}): Field<Mapping, object> {
  return {
    kind: "mapping",
    label,
    ...options,
    schema: { type: "object" },
    read: (stored, report) => compiled(compileMapping(stored), "mapping", report),
  };
}

/** A text with `{{path | filter}}` in it. */
export function template(label: string, options: FieldOptions<string> = {}): Field<Template, string> {
  return {
    kind: "template",
    label,
    ...options,
    schema: { type: "string" },
    read: (stored, report) => readTemplate(label, stored, report),
  };
}

/** Renders a topic to publish to. Throws `topic.invalid` for a wildcard, NUL or an empty level. */
export interface TopicTemplate {
  readonly source: string;
  readonly constant: boolean;
  /** Dates are shown in the zone given, by default UTC. */
  render(message: Message, zone?: string): string;
}

/** A topic to publish to: a template whose values may hold no wildcard, and a slash only with `| path`. */
export function topic(label: string, options: FieldOptions<string> = {}): Field<TopicTemplate, string> {
  return {
    kind: "topic",
    label,
    ...options,
    schema: { type: "string", minLength: 1 },
    read(stored, report) {
      const parsed = readTemplate(label, stored, report);
      if (parsed?.constant) {
        const wrong = topicProblem(parsed.source);
        if (wrong !== undefined)
          report(`${label} ${quoted(parsed.source)} ${wrong}.`, { code: "topic.invalid" });
      }
      return {
        source: parsed?.source,
        constant: parsed?.constant,
        render: (message, zone) => renderTopic(parsed, message, zone),
      };
    },
  };
}

/** Topic filters to listen to: `+`, `#`, and `{name}` for a level that gets a name. */
export function filters(
  label: string,
  options: FieldOptions<readonly string[]> & { readonly maximum: number },
): Field<readonly TopicPattern[], readonly string[]> {
  return {
    kind: "filters",
    label,
    ...options,
    schema: { type: "array", items: { type: "string" }, minItems: 1, maxItems: options.maximum },
    read(stored, report) {
      if (!Array.isArray(stored) || stored.length === 0 || stored.length > options.maximum) {
        report(`${label} must be a list of 1 to ${options.maximum} topic filters.`, { code: "config.range" });
        return [];
      }
      return stored.flatMap((text: unknown, index) => {
        const parsed = typeof text === "string" ? parsePattern(text) : { problem: "is not a text" };
        if ("problem" in parsed)
          report(`${label}: ${quoted(text)} ${parsed.problem}.`, {
            code: "filter.invalid",
            at: pointer(index),
          });
        return "problem" in parsed ? [] : [parsed];
      });
    },
  };
}

/** Tells whose state a message is about. */
export interface KeyRule {
  /** `undefined`: the message has no key, so a stateful node does not process it. */
  of(message: Message): string | undefined;
}

/** Which messages share one state: `auto` (the device, else the topic), `none` (all of them) or a template. */
export function key(
  label = "Separate state for each",
  options: FieldOptions<string> = {},
): Field<KeyRule, string> {
  return {
    kind: "key",
    label,
    help: "auto: each device, else each topic. none: one state for all. Or a template such as {{params.room}}.",
    default: "auto",
    advanced: true,
    ...options,
    schema: { type: "string" },
    read(stored, report) {
      if (stored === "auto") return AUTO_KEY;
      if (stored === "none") return ONE_KEY;
      const parsed = readTemplate(label, stored, report);
      return { of: (message) => keyOf(parsed, message) };
    },
  };
}

/** A duration that may be computed from the message; throws `duration.invalid` when it is none. */
export interface DurationValue {
  msOf(message: Message, budget: Budget): number;
}

/** A time span, fixed (`30s`) or computed from the message (a rule or template that gives `30s` or ms). */
export function durationValue(label: string, options: FieldOptions<unknown> = {}): Field<DurationValue> {
  return {
    kind: "duration",
    label,
    ...options,
    schema: {},
    read(stored, report) {
      const fixedMs = typeof stored === "string" ? parseDuration(stored) : undefined;
      if (fixedMs !== undefined) return { msOf: () => inRange(label, fixedMs, stored) };
      const computed = compiled<CompiledValue>(compileValue(stored), "value", report);
      if (typeof stored !== "object" && !(typeof stored === "string" && stored.includes("{{")))
        report(
          `${label} must be a time span such as 30s, or be computed from the message, not ${quoted(stored)}.`,
          {
            code: "config.duration",
          },
        );
      return {
        msOf(message, budget) {
          const result = computed.of(message, budget);
          return inRange(label, typeof result === "string" ? parseDuration(result) : result, result);
        },
      };
    },
  };
}

const AUTO_KEY: KeyRule = { of: (message) => message.key ?? message.device?.id ?? message.topic };
const ONE_KEY: KeyRule = { of: () => "*" };

function keyOf(rendered: Template, message: Message): string | undefined {
  if (rendered.missing(message).length > 0) return undefined;
  const text = rendered.render(message);
  return text === "" || text.length > limits.keyLength ? undefined : text;
}

function inRange(label: string, ms: unknown, given: unknown): number {
  if (typeof ms === "number" && ms >= 0 && ms <= limits.durationMs) return Math.round(ms);
  throw new NodeError(
    "duration.invalid",
    `${label} is ${quoted(given)}, which is no time span of 0 to 400 days.`,
  );
}

function readTemplate(label: string, stored: unknown, report: Report): Template {
  if (typeof stored !== "string")
    report(`${label} must be a text, not ${quoted(stored)}.`, { code: "config.type" });
  return compiled(compileTemplate(String(stored)), "template", report);
}

function renderTopic(parsed: Template, message: Message, zone: string | undefined): string {
  const refuse = (wrong: string): never => {
    throw new NodeError("topic.invalid", `The topic ${quoted(parsed.source)} ${wrong}.`);
  };
  const missing = parsed.missing(message);
  if (missing.length > 0) refuse(`needs ${missing.join(", ")}, which is missing`);
  const guard: Encode = (level, part) => {
    if (level === "") refuse(`would have an empty level, because ${part.source} is empty`);
    const maySplit = part.filters.some(({ name }) => name === "path");
    if (level.includes("/") && !maySplit)
      refuse(
        `would get more levels, because ${part.source} is ${quoted(level)}; write {{${part.source} | path}} to allow it`,
      );
    return level;
  };
  const text = parsed.renderWith(message, guard, zone);
  const wrong = topicProblem(text);
  if (wrong !== undefined) throw new NodeError("topic.invalid", `The topic ${quoted(text)} ${wrong}.`);
  return text;
}

function topicProblem(text: string): string | undefined {
  if (text === "") return "is empty";
  if (/[+#]/.test(text)) return "holds a wildcard, and one can publish to one topic only";
  if (text.includes("\u0000")) return "holds a NUL character";
  if (text.length > 1024) return "is longer than 1024 characters";
  return undefined;
}

/** Reports what compilation found; what it made, for use when nothing was an error. */
function compiled<Made>(
  result: { readonly problems: readonly RuleProblem[] } & Partial<Record<string, unknown>>,
  property: string,
  report: Report,
): Made {
  for (const { message, code, path, severity } of result.problems)
    report(message, { code, at: path, severity });
  return result[property] as Made;
}
