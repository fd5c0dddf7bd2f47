/** Names of the packet types by number; 0 and 15 are no packets of MQTT 3.1.1. */
const packetTypes = [
  "invalid",
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
  "invalid",
] as const;

/** The sum over all types. */
export function totalOf(counts: readonly number[]): number {
  return counts.reduce((sum, each) => sum + each, 0);
}

/** By name of the type; what has never been seen is left out. */
export function byPacketType(counts: readonly number[]): Readonly<Record<string, number>> {
  const named: Record<string, number> = {};
  for (const [type, value] of counts.entries()) {
    const name = packetTypes[type];
    if (name !== undefined && value > 0) named[name] = (named[name] ?? 0) + value;
  }
  return named;
}
