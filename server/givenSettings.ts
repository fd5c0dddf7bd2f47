import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { settingSpecs } from "./settingSpecs.ts";

/** Settings by name, as text. */
export type Given = Readonly<Record<string, string | undefined>>;

/** Text from everywhere, before anybody asks whether it makes sense. */
export interface GivenSettings {
  readonly data: string;
  readonly given: Given;
}

/** Where settings come from, beside the file in the data folder, and where problems go. */
export interface SettingPlaces {
  readonly args: readonly string[];
  readonly environment: Given;
  readonly problems: string[];
}

/** Gathers what was given: flags win over the environment, that over `settings.json` in the data folder. */
export function gatherSettings({ args, environment, problems }: SettingPlaces): GivenSettings {
  const flags = readFlags(args, problems);
  const variables = readVariables(environment, problems);
  const data = resolve(flags["data"] ?? variables["data"] ?? "data");
  return { data, given: collect(readFile(join(data, "settings.json"), problems), variables, flags) };
}

/** The later place wins. */
function collect(...places: readonly Given[]): Given {
  const all: Record<string, string | undefined> = Object.assign({}, ...places);
  for (const { name, isCollected } of settingSpecs)
    if (isCollected === true) all[name] = places.map((place) => place[name] ?? "").join();
  return all;
}

function readFlags(args: readonly string[], problems: string[]): Given {
  const found: Record<string, string> = {};
  for (let index = 0; index < args.length; index++) {
    const [flag = "", inline] = args[index]!.split(/=(.*)/s);
    const spec = settingSpecs.find((one) => one.flag === flag);
    if (spec === undefined)
      problems.push(
        `There is no option "${flag}"; the options are ${settingSpecs.map((one) => one.flag).join(", ")}.`,
      );
    else if (spec.isSwitch === true) found[spec.name] = inline ?? "true";
    else if (inline === undefined && index + 1 >= args.length)
      problems.push(`The option ${flag} needs a value.`);
    else {
      const value = inline ?? args[++index]!;
      found[spec.name] = spec.isCollected === true ? `${found[spec.name] ?? ""},${value}` : value;
    }
  }
  return found;
}

function readVariables(environment: Given, problems: string[]): Given {
  const found: Record<string, string> = {};
  for (const { name, variable } of settingSpecs) {
    const value = environment[variable];
    if (value !== undefined && value !== "") found[name] = value;
  }
  const file = environment["MILLRACE_ADMIN_PASSWORD_FILE"];
  if (file === undefined) return found;
  try {
    found["adminPassword"] = readFileSync(file, "utf8").trimEnd();
  } catch (error) {
    problems.push(`MILLRACE_ADMIN_PASSWORD_FILE cannot be read: ${String(error)}.`);
  }
  return found;
}

function readFile(path: string, problems: string[]): Given {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return {};
  }
  try {
    const stored = JSON.parse(text) as Record<string, unknown>;
    const known = new Set<string>(settingSpecs.map(({ name }) => name));
    for (const name of Object.keys(stored))
      if (!known.has(name)) problems.push(`${path} has an unknown setting "${name}".`);
    return Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, textOf(value)]));
  } catch {
    problems.push(`${path} is not valid JSON.`);
    return {};
  }
}

/** An object is written as a flag would be: `name=value`, comma-separated. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return String(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}=${String(each)}`)
    .join();
}
