import { parseArgs } from "node:util";
import { settingSpecs } from "../settings.ts";

/** What `millrace device` was asked for. */
export interface DeviceArguments {
  readonly action: DeviceAction;
  /** Empty for the list. */
  readonly id: string;
  readonly isJson: boolean;
  readonly wantsCertificate: boolean;
  /** The folder for the files of a certificate. */
  readonly out: string;
  readonly name: string | undefined;
  readonly area: string | undefined;
  readonly preset: string | undefined;
  readonly fingerprint: string | undefined;
  /** Options of the hub, such as `--data`. */
  readonly settings: readonly string[];
}

const actions = ["add", "list", "remove", "renew", "revoke"] as const;
type DeviceAction = (typeof actions)[number];

/** Which options an action takes, beside `--json` and those of the hub. */
const taken: Readonly<Record<DeviceAction, readonly string[]>> = {
  add: ["cert", "out", "name", "area", "preset"],
  list: [],
  remove: [],
  renew: ["cert", "out"],
  revoke: ["fingerprint"],
};

/** Reads the words after `device`; a text says what is wrong with them. */
export function readDeviceArguments(args: readonly string[]): DeviceArguments | string {
  let parsed: Parsed;
  try {
    parsed = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { own, settings, words } = parsed;
  const [word, id = "", ...more] = words;
  const action = actions.find((known) => known === word);
  if (action === undefined) return `Say what to do with devices: ${actions.join(", ")}.`;
  if (id === "" && action !== "list") return `Name the device: millrace device ${action} <id>.`;
  const [useless] = action === "list" ? words.slice(1) : more;
  if (useless !== undefined) return `"${useless}" is too much for "millrace device ${action}".`;
  const wrong = Object.keys(own).find((name) => !["json", ...taken[action]].includes(name));
  if (wrong !== undefined) return `"millrace device ${action}" takes no --${wrong}.`;
  const text = (name: string): string | undefined => own[name]?.toString();
  return {
    action,
    id,
    isJson: own["json"] === true,
    wantsCertificate: own["cert"] === true,
    out: text("out") ?? ".",
    name: text("name"),
    area: text("area"),
    preset: text("preset"),
    fingerprint: text("fingerprint"),
    settings,
  };
}

interface Parsed {
  readonly words: readonly string[];
  readonly own: Readonly<Record<string, string | boolean>>;
  readonly settings: readonly string[];
}

function parse(args: readonly string[]): Parsed {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const own = { cert: flag, json: flag, out: text, name: text, area: text, preset: text, fingerprint: text };
  const ofHub = settingSpecs.map(
    ({ flag: name, isSwitch }) => [name.slice(2), isSwitch ? flag : text] as const,
  );
  const options = { ...Object.fromEntries(ofHub), ...own };
  const { values, positionals: words } = parseArgs({ args: [...args], options, allowPositionals: true });
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const isOwn = ([name]: readonly [string, unknown]) => Object.hasOwn(own, name);
  return {
    words,
    own: Object.fromEntries(given.filter(isOwn)),
    settings: given.filter((one) => !isOwn(one)).map(([name, value]) => `--${name}=${String(value)}`),
  };
}
