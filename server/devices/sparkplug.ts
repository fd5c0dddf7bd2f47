/** Pairs the death of a Sparkplug node with its birth: the death of an earlier session says nothing. */
export interface Sparkplug {
  /** False when this message must be ignored. */
  counts: (origin: string, value: string | undefined, payload: Uint8Array) => boolean;
}

const NODES_MAX = 5_000;
const PAYLOAD_BYTES_MAX = 64 * 1024;

/** Works as far as payloads are JSON; of protobuf ones the number stays unknown and every message counts. */
export function createSparkplug(): Sparkplug {
  const births = new Map<string, number>();
  return {
    counts(origin, value, payload) {
      const number = birthNumber(payload);
      if (value === "offline") {
        const born = births.get(origin);
        return number === undefined || born === undefined || number === born;
      }
      if (number !== undefined && (births.has(origin) || births.size < NODES_MAX)) births.set(origin, number);
      return true;
    },
  };
}

function birthNumber(payload: Uint8Array): number | undefined {
  if (payload.length > PAYLOAD_BYTES_MAX || payload[0] !== 0x7b) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    const metrics: unknown =
      typeof value === "object" && value !== null && "metrics" in value ? value.metrics : [];
    const list: readonly unknown[] = Array.isArray(metrics) ? metrics : [];
    const metric = list.find(
      (each) => typeof each === "object" && each !== null && "name" in each && each.name === "bdSeq",
    );
    const number: unknown = Object.entries(metric ?? {}).find(([name]) => /value$/i.test(name))?.[1];
    return typeof number === "number" ? number : undefined;
  } catch {
    return undefined;
  }
}
