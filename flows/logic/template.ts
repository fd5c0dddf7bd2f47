import { textBreach } from "./coerce.ts";
import { filters } from "./filters.ts";
import { formatPath, compilePath } from "./path.ts";
import { ruleLimits } from "./ruleLimits.ts";
import { hasRuleErrors, ruleError, type RuleProblem } from "./ruleProblem.ts";
import { readTemplate, type TemplatePart, type TemplateValue } from "./templateParts.ts";
import { valueText } from "./valueText.ts";

export type { TemplatePart, TemplateValue } from "./templateParts.ts";

/** A text with values in it, parsed once. Throws `limit.size` when what it renders grows too long. */
export interface Template {
  readonly source: string;
  /** Texts and values in turn, for those who must treat each value on its own. */
  readonly parts: readonly TemplatePart[];
  readonly paths: readonly (readonly string[])[];
  /** True when there is no value in it. */
  readonly constant: boolean;
  /** Dates are shown in the zone given, by default UTC. */
  render(data: unknown, zone?: string): string;
  /** Renders with each value passed through `encode`, say percent-encoding for a web address. */
  renderWith(data: unknown, encode: Encode, zone?: string): string;
  /** The value itself, a number staying a number, when the template is one value and nothing else; else the text. */
  value(data: unknown, zone?: string): unknown;
  /** Paths that gave nothing and have no `default`, as texts. */
  missing(data: unknown): readonly string[];
}

/** Makes a rendered value fit for where it goes. */
export type Encode = (value: string, part: TemplateValue) => string;

/** Parses a template. Never throws; with an error there is no template. */
export function compileTemplate(text: string): {
  readonly template?: Template;
  readonly problems: readonly RuleProblem[];
} {
  if (text.length > ruleLimits.textLength) {
    const message = `The text is longer than ${ruleLimits.textLength} characters.`;
    return { problems: [ruleError("template.size", "", message)] };
  }
  const { parts, problems } = readTemplate(text);
  return hasRuleErrors(problems) ? { problems } : { template: createTemplate(text, parts), problems };
}

const UTC = "UTC";

type Read = (data: unknown, zone: string) => unknown;

interface Slot {
  readonly part: TemplateValue;
  readonly read: Read;
}

function createTemplate(source: string, parts: readonly TemplatePart[]): Template {
  const compiled = parts.map((part) =>
    typeof part === "string" ? part : { part, read: compileValue(part) },
  );
  const slots = compiled.filter((piece) => typeof piece !== "string");
  const only = compiled.length === 1 ? slots[0] : undefined;
  const constantText = slots.length === 0 ? renderAll(compiled, { data: undefined, zone: UTC }) : undefined;
  const render = (data: unknown, zone = UTC): string => constantText ?? renderAll(compiled, { data, zone });
  return {
    source,
    parts,
    paths: slots.map(({ part }) => part.keys),
    constant: slots.length === 0,
    render,
    renderWith: (data, encode, zone = UTC) => renderAll(compiled, { data, zone, encode }),
    value: (data, zone = UTC) => (only === undefined ? render(data, zone) : present(only.read(data, zone))),
    missing: (data) =>
      slots.filter(({ read }) => isMissing(read(data, UTC))).map(({ part }) => formatPath(part.keys)),
  };
}

function compileValue({ keys, filters: given }: TemplateValue): Read {
  const get = compilePath(keys);
  const steps = given.flatMap(({ name, given: args }) => {
    const filter = filters.get(name);
    return filter === undefined ? [] : [{ filter, args }];
  });
  if (steps.length === 0) return get;
  return (data, zone) => {
    let value = get(data);
    for (const { filter, args } of steps) {
      if (!isMissing(value) || filter.seesMissing === true) value = filter.run(present(value), args, zone);
      if (typeof value === "string" && value.length > ruleLimits.textLength) throw textBreach();
    }
    return value;
  };
}

interface Rendering {
  readonly data: unknown;
  readonly zone: string;
  readonly encode?: Encode;
}

function renderAll(pieces: readonly (string | Slot)[], { data, zone, encode }: Rendering): string {
  let text = "";
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      const value = piece.read(data, zone);
      const shown = isMissing(value) ? "" : valueText(value);
      text += encode === undefined ? shown : encode(shown, piece.part);
    }
    if (text.length > ruleLimits.textLength) throw textBreach();
  }
  return text;
}

function present(value: unknown): unknown {
  return isMissing(value) ? undefined : value;
}

/** NaN is what a failed calculation leaves; nobody wants to read it. */
function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value);
}
