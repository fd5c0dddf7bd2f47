import type { Field } from "#flows/field.ts";

/** What every control of a form gets from its field. */
export interface ControlProps {
  readonly field: Field;
  readonly id: string;
  readonly describedBy: string;
  readonly invalid: "true" | undefined;
}

/** A stored setting as text for an input. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
