import type { AvailabilityValue } from "./presenceTypes.ts";

/** What a topic tells by the rules of its family, before anyone looks at the payload. */
export interface ConventionMatch {
  readonly family: string;
  /** Names the device within all conventions, such as `zigbee2mqtt/kitchen/lamp`. */
  readonly origin: string;
  /** What people call it. */
  readonly name: string;
  /** `command` is written to the device, not by it. */
  readonly role: "availability" | "data" | "command";
  /** Origin of the gateway it hangs on. */
  readonly parent?: string;
  /** Availability that the topic itself carries, whatever the payload. */
  readonly value?: AvailabilityValue;
}

/** Names learned from the payloads of a bridge: needed where a name may hold slashes. */
export interface KnownNames {
  has: (origin: string) => boolean;
}

type Rule = (levels: readonly string[], known: KnownNames) => ConventionMatch | undefined;

/** Whose topic this is by its shape alone; `undefined` when no convention knows it. */
export function matchConvention(topic: string, known: KnownNames): ConventionMatch | undefined {
  const levels = topic.split("/");
  const [first = ""] = levels;
  const rule = rules.get(first.toLowerCase());
  if (rule !== undefined) return rule(levels, known);
  return shellyById(levels) ?? tasmotaByTopicFirst(levels);
}

const zigbee2mqtt: Rule = (levels, known) => {
  const [base = "", second = ""] = levels;
  const bridge = `${base}/bridge`;
  if (levels.length < 2 || second === "") return undefined;
  if (second === "bridge") {
    const role = levels[2] === "request" ? "command" : levels[2] === "state" ? "availability" : "data";
    return { family: "zigbee2mqtt", origin: bridge, name: "Zigbee2MQTT bridge", role };
  }
  const { name, rest } = zigbeeName(base, levels.slice(1), known);
  const [verb = ""] = rest;
  const role =
    verb === "set" || verb === "get" ? "command" : verb === "availability" ? "availability" : "data";
  return { family: "zigbee2mqtt", origin: `${base}/${name}`, name, role, parent: bridge };
};

/** A friendly name may hold slashes: the longest known one wins, else all but a verb at the end. */
function zigbeeName(
  base: string,
  levels: readonly string[],
  known: KnownNames,
): { name: string; rest: readonly string[] } {
  for (let length = levels.length; length > 0; length -= 1) {
    const name = levels.slice(0, length).join("/");
    if (known.has(`${base}/${name}`)) return { name, rest: levels.slice(length) };
  }
  const verb = levels.findIndex((level, index) => index > 0 && ZIGBEE_VERBS.has(level));
  const end = verb < 0 ? levels.length : verb;
  return { name: levels.slice(0, end).join("/"), rest: levels.slice(end) };
}

const ZIGBEE_VERBS: ReadonlySet<string> = new Set(["set", "get", "availability"]);

/** `tele/TOPIC/...`; TOPIC is one level. */
const tasmota: Rule = (levels) => tasmotaMatch(levels[0] ?? "", levels[1] ?? "", levels);

/** The user may turn the order round: `TOPIC/tele/...`. */
function tasmotaByTopicFirst(levels: readonly string[]): ConventionMatch | undefined {
  const prefix = levels[1] ?? "";
  return levels.length >= 3 && TASMOTA_PREFIXES.has(prefix)
    ? tasmotaMatch(prefix, levels[0] ?? "", levels)
    : undefined;
}

function tasmotaMatch(prefix: string, name: string, levels: readonly string[]): ConventionMatch | undefined {
  if (levels.length < 3 || name === "") return undefined;
  const role =
    prefix === "cmnd" ? "command" : levels[2] === "LWT" && prefix === "tele" ? "availability" : "data";
  return { family: "tasmota", origin: `tasmota/${name}`, name, role };
}

const TASMOTA_PREFIXES: ReadonlySet<string> = new Set(["tele", "stat", "cmnd"]);

const shellies: Rule = (levels) => {
  const [, name = ""] = levels;
  if (levels.length < 3 || name === "") return undefined;
  const isCommand = levels.at(-1) === "command" || levels.at(-1) === "set";
  const role = isCommand
    ? "command"
    : levels[2] === "online" && levels.length === 3
      ? "availability"
      : "data";
  return { family: "shelly", origin: `shellies/${name}`, name, role };
};

/** Later Shellys use their id as the first level: model, dash, hardware address. */
function shellyById(levels: readonly string[]): ConventionMatch | undefined {
  const [name = "", second = ""] = levels;
  if (levels.length < 2 || !/^shelly[a-z0-9]+-[0-9a-f]{6,12}$/i.test(name)) return undefined;
  const role =
    second === "rpc" || second === "command" ? "command" : second === "online" ? "availability" : "data";
  return { family: "shelly", origin: name, name, role };
}

const homie: Rule = (levels) => {
  // Version 5 puts its number before the device.
  const [, name = "", ...rest] = levels[1] === "5" ? levels.slice(1) : levels;
  if (name === "" || name.startsWith("$") || rest.length === 0) return undefined;
  const role =
    rest.at(-1) === "set" ? "command" : rest.length === 1 && rest[0] === "$state" ? "availability" : "data";
  return { family: "homie", origin: `homie/${name}`, name, role };
};

const homeAssistant: Rule = (levels) =>
  levels.length === 2 && levels[1] === "status"
    ? { family: "home-assistant", origin: "homeassistant", name: "Home Assistant", role: "availability" }
    : undefined;

const sparkplug: Rule = (levels) => {
  const [, group = "", type = "", node = "", device] = levels;
  if (group === "STATE" && type !== "")
    return { family: "sparkplug", origin: `spBv1.0/STATE/${type}`, name: type, role: "availability" };
  const kind = SPARKPLUG_TYPES.get(type);
  if (kind === undefined || node === "") return undefined;
  const nodeOrigin = `spBv1.0/${group}/${node}`;
  if (device === undefined) return { family: "sparkplug", origin: nodeOrigin, name: node, ...kind };
  return {
    family: "sparkplug",
    origin: `${nodeOrigin}/${device}`,
    name: device,
    parent: nodeOrigin,
    ...kind,
  };
};

const SPARKPLUG_TYPES: ReadonlyMap<string, Pick<ConventionMatch, "role" | "value">> = new Map([
  ["NBIRTH", { role: "availability", value: "online" }],
  ["DBIRTH", { role: "availability", value: "online" }],
  ["NDEATH", { role: "availability", value: "offline" }],
  ["DDEATH", { role: "availability", value: "offline" }],
  ["NDATA", { role: "data" }],
  ["DDATA", { role: "data" }],
  ["NCMD", { role: "command" }],
  ["DCMD", { role: "command" }],
]);

const scadaHost: Rule = (levels) => {
  const [, name = ""] = levels;
  if (levels.length !== 2 || name === "" || levels[0] !== "STATE") return undefined;
  return { family: "sparkplug", origin: `STATE/${name}`, name, role: "availability" };
};

const mtconnect: Rule = (levels) => {
  const [, area = "", name = "", last = ""] = levels;
  if (name === "" || !MTCONNECT_AREAS.has(area)) return undefined;
  const role = area === "Probe" && last === "Availability" ? "availability" : "data";
  return { family: "mtconnect", origin: `MTConnect/${name}`, name, role };
};

const MTCONNECT_AREAS: ReadonlySet<string> = new Set(["Probe", "Devices", "Current", "Sample", "Asset"]);

const awsIot: Rule = (levels) => {
  const [, events, presence, value, name = ""] = levels;
  if (events !== "events" || presence !== "presence" || name === "") return undefined;
  if (value !== "connected" && value !== "disconnected") return undefined;
  const shown = value === "connected" ? "online" : "offline";
  return { family: "aws-iot", origin: `$aws/${name}`, name, role: "availability", value: shown };
};

/** Our own: what `devices/%c/#` lets a device use. */
const own: Rule = (levels) => {
  const [, name = "", ...rest] = levels;
  if (name === "" || rest.length === 0) return undefined;
  const isCommand = OWN_COMMANDS.has(rest[0] ?? "") || OWN_COMMANDS.has(rest.at(-1) ?? "");
  const isAvailability = rest.length === 1 && OWN_AVAILABILITY.has(rest[0] ?? "");
  return {
    family: "own",
    origin: `devices/${name}`,
    name,
    role: isCommand ? "command" : isAvailability ? "availability" : "data",
  };
};

const OWN_COMMANDS: ReadonlySet<string> = new Set(["set", "get", "cmd", "command"]);
const OWN_AVAILABILITY: ReadonlySet<string> = new Set(["status", "availability", "online", "LWT", "$state"]);

const rules: ReadonlyMap<string, Rule> = new Map([
  ["zigbee2mqtt", zigbee2mqtt],
  ["tele", tasmota],
  ["stat", tasmota],
  ["cmnd", tasmota],
  ["shellies", shellies],
  ["homie", homie],
  ["homeassistant", homeAssistant],
  ["spbv1.0", sparkplug],
  ["state", scadaHost],
  ["mtconnect", mtconnect],
  ["$aws", awsIot],
  ["devices", own],
]);
