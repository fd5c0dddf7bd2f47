import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readLimits } from "./broker/limitText.ts";
import type { BrokerLimits } from "./broker/limits.ts";
import { validateFilter } from "#flows/topics/topicFilter.ts";
import { checkAllowList } from "./outbox/outboundPolicy.ts";

export { limitLines, limitMarkdown } from "./broker/limitText.ts";

/** How the hub was started; frozen. What people set in the editor is kept in the store. */
export interface Settings {
  /** Folder of the databases and keys. */
  readonly data: string;
  /** Address to listen on; `undefined`: what the set-up chose, this computer alone before it. */
  readonly host: string | undefined;
  /** Port 0 picks a free one. */
  readonly httpPort: number;
  readonly mqttPort: number;
  /** MQTT over TLS; `undefined`: 8883 once there is a certificate, `"off"`: never. */
  readonly mqttsPort: number | "off" | undefined;
  /** PEM files that somebody else keeps; without a certificate the hub makes its own. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Authorities, beside the hub's own, whose client certificates count. */
  readonly tlsCa: string | undefined;
  /** Names of this computer that it does not know of itself. */
  readonly tlsNames: readonly string[];
  readonly clientCertificates: "off" | "optional" | "required";
  /** Where clients get in without a credential. */
  readonly anonymous: readonly AnonymousPlace[];
  /** Topics that they may use. */
  readonly anonymousTopics: readonly string[];
  /** Makes the administrator without a set-up page. */
  readonly adminPassword: string | undefined;
  /** Private addresses that flows may call: `host`, `host:port` or `CIDR:port`. */
  readonly allow: readonly string[];
  /** Services on this computer that flows may call, as `host:port`. */
  readonly allowLoopback: readonly string[];
  /** Bounds of the broker that differ from their defaults. */
  readonly limits: Partial<BrokerLimits>;
  readonly logLevel: string;
  /** Simulated devices and two running flows. */
  readonly demo: boolean;
  /** The ready line on standard output is JSON. */
  readonly json: boolean;
}

/** A listener, or this computer on any of them. */
export type AnonymousPlace = "loopback" | "mqtt" | "mqtts" | "websocket";

/** One setting: a flag `--http-port`, a variable `MILLRACE_HTTP_PORT`, a key `httpPort` in the settings file. */
export interface SettingSpec {
  readonly name: keyof Settings;
  readonly flag: string;
  readonly variable: string;
  readonly help: string;
  readonly isSwitch?: true;
  /** Given more than once, in several places too, it adds up; the default is that the last place wins. */
  readonly isCollected?: true;
}

const ANONYMOUS_PLACES: readonly AnonymousPlace[] = ["loopback", "mqtt", "mqtts", "websocket"];
const CERTIFICATE_NEEDS = ["off", "optional", "required"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Where MQTT over TLS is found everywhere. */
export const MQTTS_PORT_DEFAULT = 8_883;

/** Every setting, for parsing and for `--help`. */
export const settingSpecs: readonly SettingSpec[] = [
  {
    name: "data",
    flag: "--data",
    variable: "MILLRACE_DATA",
    help: "folder of the databases and keys (./data)",
  },
  {
    name: "host",
    flag: "--host",
    variable: "MILLRACE_HOST",
    help: "address to listen on (this computer alone)",
  },
  {
    name: "httpPort",
    flag: "--http-port",
    variable: "MILLRACE_HTTP_PORT",
    help: "port of editor and API (8080)",
  },
  {
    name: "mqttPort",
    flag: "--mqtt-port",
    variable: "MILLRACE_MQTT_PORT",
    help: "port of the MQTT broker (1883)",
  },
  {
    name: "mqttsPort",
    flag: "--mqtts-port",
    variable: "MILLRACE_MQTTS_PORT",
    help: "port of MQTT over TLS, or off (8883 once there is a certificate)",
  },
  {
    name: "tlsCert",
    flag: "--tls-cert",
    variable: "MILLRACE_TLS_CERT",
    help: "certificate with its chain, PEM (the hub makes its own)",
  },
  {
    name: "tlsKey",
    flag: "--tls-key",
    variable: "MILLRACE_TLS_KEY",
    help: "its private key, PEM (in the same file)",
  },
  {
    name: "tlsCa",
    flag: "--tls-ca",
    variable: "MILLRACE_TLS_CA",
    help: "authorities of client certificates, PEM (the hub's own)",
  },
  {
    name: "tlsNames",
    flag: "--tls-names",
    variable: "MILLRACE_TLS_NAMES",
    help: "more names and addresses for the hub's own certificate, comma-separated",
  },
  {
    name: "clientCertificates",
    flag: "--client-certificates",
    variable: "MILLRACE_CLIENT_CERTIFICATES",
    help: `over TLS: one of ${CERTIFICATE_NEEDS.join(", ")} (optional)`,
  },
  {
    name: "anonymous",
    flag: "--anonymous",
    variable: "MILLRACE_ANONYMOUS",
    help: `who may connect without a credential: off, or some of ${ANONYMOUS_PLACES.join(", ")}, comma-separated (off)`,
  },
  {
    name: "anonymousTopics",
    flag: "--anonymous-topics",
    variable: "MILLRACE_ANONYMOUS_TOPICS",
    help: "topics that clients without a credential may use, comma-separated (anonymous/#)",
  },
  {
    name: "adminPassword",
    flag: "--admin-password",
    variable: "MILLRACE_ADMIN_PASSWORD",
    help: "sets the hub up without a page; better: MILLRACE_ADMIN_PASSWORD_FILE",
  },
  {
    name: "allow",
    flag: "--allow",
    variable: "MILLRACE_ALLOW",
    help: "private addresses that flows may call, comma-separated",
  },
  {
    name: "allowLoopback",
    flag: "--allow-loopback",
    variable: "MILLRACE_ALLOW_LOOPBACK",
    help: "services on this computer that flows may call, as host:port, comma-separated",
  },
  {
    name: "limits",
    flag: "--limit",
    variable: "MILLRACE_LIMITS",
    help: "bounds of the broker as name=value, comma-separated; millrace limits lists them",
    isCollected: true,
  },
  {
    name: "logLevel",
    flag: "--log-level",
    variable: "MILLRACE_LOG_LEVEL",
    help: `one of ${LOG_LEVELS.join(", ")} (info)`,
  },
  {
    name: "demo",
    flag: "--demo",
    variable: "MILLRACE_DEMO",
    help: "adds simulated devices and two running flows",
    isSwitch: true,
  },
  {
    name: "json",
    flag: "--json",
    variable: "MILLRACE_JSON",
    help: "prints the ready line as JSON",
    isSwitch: true,
  },
];

/** Settings that cannot be used; every problem is a sentence. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

type Given = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings: flags win over the environment, that over `settings.json` in the data folder, that over the
 * defaults. Throws a `SettingsError` with all problems at once.
 */
export function readSettings(args: readonly string[], environment: Given): Settings {
  const problems: string[] = [];
  const flags = readFlags(args, problems);
  const variables = readVariables(environment, problems);
  const data = resolve(flags["data"] ?? variables["data"] ?? "data");
  const given = collect(readFile(join(data, "settings.json"), problems), variables, flags);
  const { limits, problems: limitProblems } = readLimits(given["limits"] ?? "");
  problems.push(...limitProblems);
  const settings: Settings = {
    data,
    host: given["host"],
    httpPort: readPort("httpPort", given, 8080, problems),
    mqttPort: readPort("mqttPort", given, 1883, problems),
    ...readTls(given, problems),
    ...readAnonymous(given, problems),
    adminPassword: given["adminPassword"],
    allow: readList(given["allow"]),
    allowLoopback: readList(given["allowLoopback"]),
    limits,
    logLevel: given["logLevel"] ?? "info",
    demo: readSwitch("demo", given, problems),
    json: readSwitch("json", given, problems),
  };
  for (const kind of ["allow", "allowLoopback"] as const)
    problems.push(...checkAllowList(settings[kind], kind).map(({ message }) => message));
  if (!LOG_LEVELS.includes(settings.logLevel))
    problems.push(`The log level must be one of ${LOG_LEVELS.join(", ")}, not "${settings.logLevel}".`);
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(settings);
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

function readList(text = ""): readonly string[] {
  return text.split(",").flatMap((entry) => (entry.trim() === "" ? [] : [entry.trim()]));
}

function readTls(given: Given, problems: string[]) {
  const { mqttsPort, tlsCert, tlsKey, tlsCa, tlsNames, clientCertificates: need = "optional" } = given;
  if (tlsKey !== undefined && tlsCert === undefined)
    problems.push(
      `The setting tlsKey names "${tlsKey}", but tlsCert is missing: a key needs its certificate.`,
    );
  const clientCertificates = CERTIFICATE_NEEDS.find((known) => known === need);
  if (clientCertificates === undefined)
    problems.push(
      `The setting clientCertificates must be one of ${CERTIFICATE_NEEDS.join(", ")}, not "${need}".`,
    );
  return {
    mqttsPort: readTlsPort(mqttsPort, given, problems),
    tlsCert,
    tlsKey,
    tlsCa,
    tlsNames: readList(tlsNames),
    clientCertificates: clientCertificates ?? "optional",
  };
}

function readTlsPort(text: string | undefined, given: Given, problems: string[]): Settings["mqttsPort"] {
  if (text === undefined || text === "off") return text;
  return readPort("mqttsPort", given, MQTTS_PORT_DEFAULT, problems);
}

function readAnonymous(given: Given, problems: string[]) {
  const { anonymous = "off", anonymousTopics = "anonymous/#" } = given;
  const places = anonymous === "off" ? [] : readList(anonymous);
  for (const place of places)
    if (!ANONYMOUS_PLACES.some((known) => known === place))
      problems.push(
        `The setting anonymous must be off, or some of ${ANONYMOUS_PLACES.join(", ")}, not "${place}".`,
      );
  for (const filter of readList(anonymousTopics)) {
    const wrong = validateFilter(filter);
    if (wrong !== undefined) problems.push(`The setting anonymousTopics: the filter "${filter}" ${wrong}.`);
  }
  return {
    anonymous: ANONYMOUS_PLACES.filter((place) => places.includes(place)),
    anonymousTopics: readList(anonymousTopics),
  };
}

function readPort(name: keyof Settings, given: Given, fallback: number, problems: string[]): number {
  const text = given[name];
  const port = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problems.push(`The setting ${name} must be a port from 0 to 65535, not "${text}".`);
    return fallback;
  }
  return port;
}

function readSwitch(name: keyof Settings, given: Given, problems: string[]): boolean {
  const text = given[name] ?? "false";
  if (!["true", "false", "1", "0"].includes(text))
    problems.push(`The setting ${name} must be true or false, not "${text}".`);
  return text === "true" || text === "1";
}
