import { asText } from "./coerce.ts";

/** A value as text in a template: nothing for a missing one, JSON for objects and lists. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : asText(value);
}
