/** Flow documents that the tests of the hub deploy. */

/** Republishes a warm room once and tells the inbox; `for` delays both. */
export function tooWarm(span = "0s") {
  return {
    millrace: 1,
    id: "too-warm",
    name: "Too warm",
    nodes: {
      sensors: {
        type: "mqtt-in",
        config: { filters: ["coldstore/{room}/temperature"], key: "{{params.room}}" },
      },
      limit: {
        type: "threshold",
        config: {
          value: { var: "payload.celsius" },
          levels: [{ severity: "warning", set: 6, clear: 5.5, for: span }],
        },
      },
      lamp: { type: "publish", config: { topic: "lamp/{{params.room}}/set", payload: "on" } },
      tell: {
        type: "notify",
        config: { title: "{{params.room}} is too warm", text: "{{payload.celsius}} °C", severity: "warning" },
      },
    },
    wires: [
      { from: "sensors", to: "limit" },
      { from: "limit.raise", to: "lamp" },
      { from: "limit.raise", to: "tell" },
    ],
  };
}

/** Tells the inbox when a device goes offline. */
export function deviceOffline(device: string) {
  return {
    millrace: 1,
    id: "device-offline",
    name: "Device offline",
    nodes: {
      presence: { type: "presence", config: { device, events: ["offline"] } },
      tell: { type: "notify", config: { title: "{{device.name}} is offline", text: "{{payload.reason}}" } },
    },
    wires: [{ from: "presence.offline", to: "tell" }],
  };
}

/** Publishes every message of one topic on another, at QoS 0. */
export function republish(from: string, to: string) {
  return {
    millrace: 1,
    id: "republish",
    name: "Republish",
    nodes: {
      in: { type: "mqtt-in", config: { filters: [from] } },
      out: { type: "publish", config: { topic: to, qos: 0 } },
    },
    wires: [{ from: "in", to: "out" }],
  };
}
