import type { Field } from "#flows/field.ts";

/** What every control of a form gets from its field. */
export interface ControlProps {
  readonly field: Field;
  readonly id: string;
  readonly describedBy: string;
  readonly invalid: "true" | undefined;
}

/**
 * Whether an emptied input says something already: while somebody types, an empty one is on its way to the next value,
 * and to show the default at once would put text under the cursor. When they are done, it means the default.
 */
export function isOnTheWay(event: Event, field: Field): boolean {
  const { value } = event.target as HTMLInputElement;
  return event.type === "input" && value === "" && field.default !== undefined;
}

/** A stored setting as text for an input. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
