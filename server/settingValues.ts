import type { Given } from "./givenSettings.ts";
import type { Settings } from "./settingTypes.ts";

/** Where a value stands, and where to tell that it cannot be used. */
export interface SettingSource {
  readonly given: Given;
  readonly problems: string[];
}

/** Reads a port. */
export function readPort(name: keyof Settings, fallback: number, { given, problems }: SettingSource): number {
  const text = given[name];
  const port = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problems.push(`The setting ${name} must be a port from 0 to 65535, not "${text}".`);
    return fallback;
  }
  return port;
}

/** Reads something that is on or off. */
export function readSwitch(name: keyof Settings, { given, problems }: SettingSource): boolean {
  const text = given[name] ?? "false";
  if (!["true", "false", "1", "0"].includes(text))
    problems.push(`The setting ${name} must be true or false, not "${text}".`);
  return text === "true" || text === "1";
}

/** Reads entries that commas part. */
export function readList(text = ""): readonly string[] {
  return text.split(",").flatMap((entry) => (entry.trim() === "" ? [] : [entry.trim()]));
}
