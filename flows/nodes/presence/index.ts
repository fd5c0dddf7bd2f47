import { type ConfigOf } from "../../field.ts";
import { choices, device, duration } from "../../fields.ts";
import { type NodeContext, type PresenceEvent, type Reaction, defineNode } from "../../node.ts";
import { short } from "../sentences.ts";
import { examples } from "./examples.ts";
import { type PresenceConfig, type PresenceState, report, sendSummary, take } from "./transitions.ts";

const DEFAULT_EVENTS = ["offline", "recovered"] as const;
const SUMMARY_MAX_MS = 600_000;

const fields = {
  device: device("Device", { help: "One, several, or all of them.", default: "*" }),
  events: choices(
    "Events",
    [
      ["offline", "Went offline"],
      ["recovered", "Came back after an outage"],
      ["online", "Came online for the first time"],
      ["sleeping", "Went to sleep"],
      ["flapping", "Comes and goes too often"],
      ["steady", "Is steady again"],
    ],
    { default: DEFAULT_EVENTS },
  ),
  after: duration("Must last", {
    help: "Beyond the device's own grace time. A state that ends sooner is not told.",
    default: "0s",
  }),
  minOutage: duration("Recovered: only after an outage of", { default: "0s", advanced: true }),
  summary: duration("Collect for", {
    help: "All that happens within this time becomes one message with a list.",
    default: "0s",
    maximumMs: SUMMARY_MAX_MS,
    advanced: true,
  }),
};

/** Tells when a device goes offline, comes back, or comes and goes too often. */
export const presence = defineNode({
  type: "presence",
  title: "Presence",
  summary: "Starts when a device goes offline or comes back.",
  group: "trigger",
  icon: "wifi-off",
  synonyms: [
    "offline",
    "online",
    "status",
    "availability",
    "last will",
    "lwt",
    "disconnected",
    "unavailable",
  ],
  fields,
  ports: ({ events = DEFAULT_EVENTS }) => events,
  initial: (): PresenceState => ({ devices: {}, collected: [] }),
  overdue: "extend",
  sentence({ device: which = "*", events = DEFAULT_EVENTS, after = "0s" }) {
    const devices = which === "*" ? "any device" : [which].flat().join(", ");
    const lasting = after === "0s" ? "" : ` for ${after}`;
    return short(`${devices}: ${events.join(", ")}${lasting}`);
  },
  listens: () => [{ on: "presence" }],
  eventKey: (event, { summary }) =>
    event.type === "presence" && summary === 0 ? event.device.id : undefined,
  on: (event, config, context) => (event.type === "presence" ? hear(event, config, context) : {}),
  wake(timer, config, context) {
    return timer === "summary" ? sendSummary(config, context) : report(timer, config, context);
  },
  examples,
});

function hear(
  event: PresenceEvent,
  config: ConfigOf<typeof fields> & PresenceConfig,
  context: NodeContext<PresenceState>,
): Reaction<PresenceState, PresenceEvent["event"]> {
  const { all, ids } = config.device;
  if (!all && !ids.includes(event.device.id))
    return { why: () => `"${event.device.id}" is not watched here.` };
  return take(event, config, context);
}
