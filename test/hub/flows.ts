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

/** Passes on readings above 5 °C; what its trigger cannot read goes to a topic of its own. */
export function oddReadings() {
  return {
    millrace: 1,
    id: "odd-readings",
    name: "Odd readings",
    nodes: {
      in: { type: "mqtt-in", config: { filters: ["odd/{kind}"] } },
      warm: { type: "filter", config: { when: { ">": [{ var: "payload.celsius" }, 5] } } },
      seen: { type: "publish", config: { topic: "seen/{{params.kind}}", qos: 0 } },
      broken: {
        type: "publish",
        config: { topic: "broken/{{params.kind}}", payload: "{{facts.error.code}}", qos: 0 },
      },
    },
    wires: [
      { from: "in", to: "warm" },
      { from: "warm", to: "seen" },
      { from: "in.error", to: "broken" },
    ],
  };
}

/** Sends a notification through a channel whenever its button is pressed. */
export function tellThrough(channel: string) {
  return {
    millrace: 1,
    id: `tell-${channel}`,
    name: `Tell ${channel}`,
    nodes: {
      button: { type: "inject", config: { payload: { room: "north" } } },
      tell: {
        type: "notify",
        config: {
          channel,
          title: "{{payload.room}} is too warm",
          text: "7.9 °C for two minutes",
          severity: "major",
        },
      },
    },
    wires: [{ from: "button", to: "tell" }],
  };
}

/** Mirrors each message of `AT/DEVICE` at once and holds it back for a while; both ends mark what they send. */
export function twoHalves(at: string, { wait = "1h", marks = "a" } = {}) {
  return {
    millrace: 1,
    id: "two-halves",
    name: "Two halves",
    nodes: {
      in: { type: "mqtt-in", config: { filters: [`${at}/{device}`], key: "{{params.device}}" } },
      hold: { type: "delay", config: { for: wait } },
      out: { type: "publish", config: { topic: `late/${at}`, payload: marks, qos: 0 } },
      mirror: { type: "publish", config: { topic: `mirror/${at}`, payload: marks, qos: 0 } },
    },
    wires: [
      { from: "in", to: "hold" },
      { from: "hold", to: "out" },
      { from: "in", to: "mirror" },
    ],
  };
}
