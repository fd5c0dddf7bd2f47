/** One line of an access list; `%u` stands for the user, which is the id of the device. */
export interface DeviceRule {
  readonly effect: "allow" | "deny";
  readonly action: "publish" | "subscribe" | "both";
  readonly filter: string;
}

/** Which topics a device may use. */
export const presetNames = ["own", "zigbee2mqtt", "tasmota", "esphome", "homie", "any", "monitor"] as const;
export type PresetName = (typeof presetNames)[number];

/**
 * `%u` and not the client id: a client chooses its id, and could choose that of another device.
 */
const OWN: readonly DeviceRule[] = [both("devices/%u/#")];
const DISCOVERY: readonly DeviceRule[] = [both("homeassistant/#")];

const presets: Readonly<Record<PresetName, readonly DeviceRule[]>> = {
  own: OWN,
  zigbee2mqtt: [...OWN, ...DISCOVERY, both("zigbee2mqtt/#")],
  tasmota: [...OWN, ...DISCOVERY, both("tele/#"), both("stat/#"), both("cmnd/#"), both("tasmota/#")],
  esphome: [...OWN, ...DISCOVERY, both("%u/#"), both("esphome/#")],
  homie: [...OWN, both("homie/#")],
  any: [both("#")],
  // `#` never covers what the broker says about itself; who reads it gets a rule of its own.
  monitor: [{ effect: "allow", action: "subscribe", filter: "$SYS/#" }],
};

/** The rules of a preset. */
export function rulesOf(preset: PresetName): readonly DeviceRule[] {
  return presets[preset];
}

/** True for the name of a preset. */
export function isPreset(name: unknown): name is PresetName {
  return presetNames.some((known) => known === name);
}

function both(filter: string): DeviceRule {
  return { effect: "allow", action: "both", filter };
}
