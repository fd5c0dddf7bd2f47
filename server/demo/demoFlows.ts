import type { FlowDocument } from "#flows/flow.ts";

/** The two flows that the demo runs. */
export const demoFlows: readonly FlowDocument[] = [
  {
    millrace: 1,
    id: "cold-store-too-warm",
    name: "Cold store too warm",
    description:
      "Tells you when a simulated cold store stays above 6 °C for ten seconds, and switches its fan.",
    nodes: {
      sensors: {
        type: "mqtt-in",
        name: "Cold stores",
        config: { filters: ["coldstore/{room}/temperature"], key: "{{params.room}}" },
      },
      "too-warm": {
        type: "threshold",
        name: "Too warm?",
        config: {
          value: { var: "payload.celsius" },
          levels: [{ severity: "warning", set: 6, clear: 5.5, for: "10s" }],
        },
      },
      tell: {
        type: "notify",
        name: "Tell me",
        config: {
          title: "{{params.room}} is too warm",
          text: "{{payload.celsius | round: 1}} °C for ten seconds",
          severity: "warning",
        },
      },
      "fan-on": {
        type: "publish",
        name: "Fan on",
        config: { topic: "coldstore/{{params.room}}/fan/set", payload: "on" },
      },
      "fan-off": {
        type: "publish",
        name: "Fan off",
        config: { topic: "coldstore/{{params.room}}/fan/set", payload: "off" },
      },
    },
    wires: [
      { from: "sensors", to: "too-warm" },
      { from: "too-warm.raise", to: "tell" },
      { from: "too-warm.raise", to: "fan-on" },
      { from: "too-warm.clear", to: "fan-off" },
    ],
    layout: {
      sensors: [80, 160],
      "too-warm": [360, 160],
      tell: [680, 40],
      "fan-on": [680, 160],
      "fan-off": [680, 280],
    },
  },
  {
    millrace: 1,
    id: "device-lost",
    name: "Device lost",
    description: "Tells you when a device goes offline, and when it is back.",
    nodes: {
      presence: {
        type: "presence",
        name: "Any device",
        config: { device: "*", events: ["offline", "recovered"] },
      },
      lost: {
        type: "notify",
        name: "Lost",
        config: {
          title: "{{device.name}} is offline",
          text: "Reason: {{payload.reason}}",
          severity: "warning",
        },
      },
      back: {
        type: "notify",
        name: "Back",
        config: { title: "{{device.name}} is back", text: "It was away for a while." },
      },
    },
    wires: [
      { from: "presence.offline", to: "lost" },
      { from: "presence.recovered", to: "back" },
    ],
    layout: { presence: [80, 120], lost: [400, 40], back: [400, 200] },
  },
];
