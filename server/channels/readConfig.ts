import { pointer, quoted, type Problem } from "#flows/problem.ts";
import type { ChannelField, ChannelValues } from "./channelKind.ts";

/** Settings sorted into what may be shown and what is secret. */
export interface ReadConfig {
  readonly config: ChannelValues;
  /** What to do with each secret that was mentioned: a new text, or `undefined` to forget it. */
  readonly secrets: ReadonlyMap<string, string | undefined>;
  readonly problems: readonly Problem[];
}

const TEXT_LENGTH_MAX = 4_096;

/** Checks settings against the fields, applies defaults, and finds all problems at once. `{set: true}` keeps a secret. */
export function readConfig(fields: readonly ChannelField[], given: unknown): ReadConfig {
  const problems: Problem[] = [];
  const config: Record<string, string | number | boolean> = {};
  const secrets = new Map<string, string | undefined>();
  const values = new Map(Object.entries(typeof given === "object" && given !== null ? given : {}));
  for (const field of fields) {
    const value = values.get(field.name);
    values.delete(field.name);
    const message =
      field.type === "secret" ? readSecret(field, value, secrets) : readValue(field, value, config);
    if (message !== undefined) problems.push(problemAt(field.name, message));
  }
  for (const name of values.keys())
    problems.push(problemAt(name, `There is no setting ${quoted(name)} in this kind of channel.`));
  return { config, secrets, problems };
}

/** A problem of one setting. */
export function problemAt(field: string, message: string): Problem {
  return { code: "channel.config", severity: "error", field, path: pointer("config", field), message };
}

function readSecret(
  field: ChannelField,
  value: unknown,
  secrets: Map<string, string | undefined>,
): string | undefined {
  if (value === undefined || isSetMark(value)) return undefined;
  if (value === null || value === "") {
    secrets.set(field.name, undefined);
    return undefined;
  }
  if (typeof value !== "string" || value.length > TEXT_LENGTH_MAX)
    return `${field.label} must be a text of at most ${TEXT_LENGTH_MAX} characters.`;
  secrets.set(field.name, value);
  return undefined;
}

function readValue(
  field: ChannelField,
  given: unknown,
  config: Record<string, string | number | boolean>,
): string | undefined {
  const value = given === undefined || given === null || given === "" ? field.default : given;
  if (value === undefined) {
    config[field.name] = field.type === "number" ? 0 : field.type === "flag" ? false : "";
    return field.optional === true ? undefined : `${field.label} is missing.`;
  }
  switch (field.type) {
    case "number": {
      const { minimum = -Infinity, maximum = Infinity } = field;
      config[field.name] = typeof value === "number" ? value : 0;
      return typeof value === "number" && value >= minimum && value <= maximum
        ? undefined
        : `${field.label} is ${quoted(value)}; it must be a number from ${minimum} to ${maximum}.`;
    }
    case "flag":
      config[field.name] = value === true;
      return typeof value === "boolean" ? undefined : `${field.label} must be true or false.`;
    case "text":
    case "choice":
    case "secret": {
      const text = typeof value === "string" ? value.trim() : "";
      config[field.name] = text;
      if (typeof value !== "string" || value.length > TEXT_LENGTH_MAX)
        return `${field.label} must be a text of at most ${TEXT_LENGTH_MAX} characters.`;
      if (field.type === "choice" && !field.options?.some((option) => option.value === text))
        return `${field.label} is ${quoted(text)}; choose one of ${(field.options ?? []).map((option) => option.value).join(", ")}.`;
      return undefined;
    }
  }
}

function isSetMark(value: unknown): boolean {
  return typeof value === "object" && value !== null && "set" in value;
}
