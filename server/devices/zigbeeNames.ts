/** A device that the bridge lists. */
export interface ZigbeeName {
  readonly origin: string;
  readonly parent: string;
  readonly name: string;
}

const LIST_BYTES_MAX = 1024 * 1024;

/** The devices in `zigbee2mqtt/bridge/devices`; nothing for any other topic, or for what is no list. */
export function zigbeeNames(topic: string, payload: Uint8Array): readonly ZigbeeName[] {
  if (!topic.endsWith("/bridge/devices") || payload.length > LIST_BYTES_MAX || payload[0] !== 0x5b) return [];
  const base = topic.slice(0, -"/bridge/devices".length);
  try {
    const list: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    const devices: readonly unknown[] = Array.isArray(list) ? list : [];
    return devices.flatMap((device) => {
      if (typeof device !== "object" || device === null || !("friendly_name" in device)) return [];
      if ("type" in device && device.type === "Coordinator") return [];
      const name = device.friendly_name;
      return typeof name === "string" && name !== ""
        ? [{ origin: `${base}/${name}`, parent: `${base}/bridge`, name }]
        : [];
    });
  } catch {
    return [];
  }
}
