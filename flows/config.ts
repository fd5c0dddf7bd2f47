import type { Field, Fields, JsonSchema } from "./field.ts";
import { pointer, quoted } from "./problem.ts";

/** A problem of one setting; flow and node are added by the caller. */
export interface ConfigProblem {
  readonly code: string;
  readonly severity: "error" | "warning" | "hint";
  readonly field: string;
  /** JSON pointer below the configuration. */
  readonly path: string;
  readonly message: string;
}

/**
 * Checks a stored configuration and compiles it: unknown settings refused, defaults applied, all problems reported.
 * When an error was reported, the result must not be used.
 */
export function readConfig(
  fields: Fields,
  stored: unknown,
  report: (problem: ConfigProblem) => void,
): Record<string, unknown> {
  if (!isRecord(stored)) {
    report({
      code: "config.type",
      severity: "error",
      field: "",
      path: "",
      message: `The settings must be an object, not ${quoted(stored)}.`,
    });
    return {};
  }
  reportUnknown(fields, stored, report);
  const config: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<Field>(fields)) {
    const value = stored[name] ?? field.default;
    if (value === undefined) {
      if (field.optional !== true)
        report({
          code: "config.required",
          severity: "error",
          field: name,
          path: pointer(name),
          message: `${field.label} is missing.`,
        });
      config[name] = undefined;
      continue;
    }
    config[name] = field.read(
      value,
      (message, { code = "config.invalid", at = "", severity = "error" } = {}) =>
        report({ code, severity, field: name, path: pointer(name) + at, message }),
    );
  }
  return config;
}

/** The JSON Schema of a configuration, for the API's documentation and for other programs. */
export function configSchema(fields: Fields): JsonSchema {
  const entries = Object.entries<Field>(fields);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      entries.map(([name, { label, help, schema, fields: columns, default: initial }]) => [
        name,
        {
          title: label,
          ...(help !== undefined && { description: help }),
          ...schema,
          ...(columns !== undefined && { items: configSchema(columns) }),
          ...(initial !== undefined && { default: initial }),
        },
      ]),
    ),
    required: entries
      .filter(([, field]) => field.optional !== true && field.default === undefined)
      .map(([name]) => name),
  };
}

function reportUnknown(
  fields: Fields,
  stored: Readonly<Record<string, unknown>>,
  report: (problem: ConfigProblem) => void,
): void {
  for (const name of Object.keys(stored)) {
    if (Object.hasOwn(fields, name)) continue;
    report({
      code: "config.unknown",
      severity: "error",
      field: name,
      path: pointer(name),
      message: `There is no setting ${quoted(name)}; the settings are ${Object.keys(fields).join(", ")}.`,
    });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
