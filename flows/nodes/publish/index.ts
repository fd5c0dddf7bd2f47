import { NodeError } from "../../errors.ts";
import { key, topic, value } from "../../expressions.ts";
import { type ConfigOf, optional } from "../../field.ts";
import { choice, duration, flag, number } from "../../fields.ts";
import type { Message } from "../../message.ts";
import { type Effect, type NodeContext, type Reaction, defineNode, emit } from "../../node.ts";
import { fingerprint } from "../fingerprint.ts";
import { short } from "../sentences.ts";

/** Topics on which devices take orders. */
const COMMAND_TOPIC = /(^|\/)(set|get|cmnd|cmd|command)(\/|$)/i;

const fields = {
  topic: topic("Topic", { placeholder: "home/{{params.room}}/alarm" }),
  payload: value("Payload", {
    help: "The payload as it came, a text with {{...}}, or a rule. Objects are sent as JSON.",
    default: { var: "payload" },
  }),
  qos: number("QoS", {
    help: "0: at most once; 1: at least once; 2: exactly once.",
    default: 1,
    minimum: 0,
    maximum: 2,
    integer: true,
  }),
  retain: flag("Retain", {
    help: "The broker keeps it and hands it to whoever subscribes later.",
    default: false,
  }),
  expires: optional(
    duration("Expires after", {
      help: "Not delivered any more when it could not be sent for this long.",
      minimumMs: 1_000,
      advanced: true,
    }),
  ),
  only: optional(
    choice("Only", [["changed", "When it differs from what was published last"]], { advanced: true }),
  ),
  key: key("Compare for each", { showIf: { field: "only", is: ["changed"] } }),
};

type Config = ConfigOf<typeof fields>;

interface State {
  /** Of what was published last; kept only where `only` asks for it. */
  readonly last: string | null;
}

/** Publishes a message to a topic of the hub's broker. */
export const publish = defineNode({
  type: "publish",
  title: "Publish",
  summary: "Publishes a message to a topic, for devices and other programs to read.",
  group: "action",
  icon: "send",
  synonyms: ["mqtt out", "send", "mqtt.publish", "command", "write", "output"],
  fields,
  ports: ["out"],
  fails: true,
  initial: (): State => ({ last: null }),
  sentence: ({ topic: target = "no topic yet", retain }) =>
    short(retain === true ? `${target} (retained)` : target),
  check({ topic: target, retain }) {
    if (!retain || !COMMAND_TOPIC.test(target.source)) return [];
    return [
      {
        path: "retain",
        severity: "warning" as const,
        message: `A retained message on "${target.source}" is an order that the device gets again at every reconnect.`,
      },
    ];
  },
  receive(message, config, context): Reaction<State, "out"> {
    const effect = publication(message, config, context);
    if (config.only === undefined) return { commands: [effect, emit("out", message)] };
    const last = `${effect.topic} ${JSON.stringify(effect.payload)}`;
    const mark = `${last.length}.${fingerprint(last).toString(36)}`;
    if (mark === context.state.last)
      return { why: () => `The same was published to "${effect.topic}" last.` };
    return { state: { last: mark }, commands: [effect, emit("out", message)] };
  },
  examples: [
    {
      title: "The payload goes on as it came, at QoS 1",
      config: { topic: "home/alarm" },
      steps: [
        {
          payload: { on: true },
          gives: [
            { do: "publish", topic: "home/alarm", payload: { on: true }, qos: 1, retain: false },
            ["out", { on: true }],
          ],
        },
      ],
    },
    {
      title: "Topic and payload made from the message",
      config: {
        topic: "display/{{levels[1]}}",
        payload: "{{payload.t | round: 0}} °C",
        qos: 0,
        retain: true,
      },
      steps: [
        {
          topic: "home/hall/climate",
          payload: { t: 21.6 },
          gives: [
            { do: "publish", topic: "display/hall", payload: "22 °C", qos: 0, retain: true },
            ["out", { t: 21.6 }],
          ],
        },
      ],
    },
    {
      title: "A topic with a wildcard or with a missing level is an error, and nothing is sent",
      config: { topic: "home/{{payload.room}}/set" },
      steps: [
        { payload: { room: "+" }, gives: [["error", { room: "+" }]] },
        { payload: { room: "a/b" }, gives: [["error", { room: "a/b" }]] },
        { payload: { room: "" }, gives: [["error", { room: "" }]] },
        { payload: {}, gives: [["error", {}]] },
      ],
    },
    {
      title: "A slash in a value is allowed where the template says that it is a path",
      config: { topic: "zigbee2mqtt/{{payload.name | path}}/set", payload: "ON" },
      steps: [
        {
          payload: { name: "kitchen/light" },
          gives: [
            { do: "publish", topic: "zigbee2mqtt/kitchen/light/set", payload: "ON" },
            ["out", { name: "kitchen/light" }],
          ],
        },
      ],
    },
    {
      title: "Without a payload nothing is published: an empty message could delete a retained one",
      config: { topic: "home/t", payload: { var: "payload.t" } },
      steps: [{ payload: {}, gives: [["error", {}]] }],
    },
    {
      title: "Only what differs from the last one",
      config: { topic: "home/{{levels[1]}}/mode", only: "changed" },
      steps: [
        { topic: "in/a", payload: "day", gives: [{ topic: "home/a/mode", payload: "day" }, ["out", "day"]] },
        { topic: "in/a", payload: "day", gives: [] },
        { topic: "in/b", payload: "day", gives: [{ topic: "home/b/mode", payload: "day" }, ["out", "day"]] },
        {
          topic: "in/a",
          payload: "night",
          gives: [{ topic: "home/a/mode", payload: "night" }, ["out", "night"]],
        },
      ],
    },
    {
      title: "It expires",
      config: { topic: "door/open", payload: "now", expires: "30s" },
      startsAt: "2026-01-01T00:00:00Z",
      steps: [
        {
          payload: 1,
          gives: [
            { do: "publish", payload: "now", expiresAt: Date.parse("2026-01-01T00:00:30Z") },
            ["out", 1],
          ],
        },
      ],
    },
    {
      title: "A stored value replayed at the start is no reason to act",
      config: { topic: "home/alarm" },
      steps: [{ payload: 1, initial: true, gives: [] }],
    },
  ],
});

function publication(
  message: Message,
  { topic: target, payload: source, qos, retain, expires }: Config,
  { nowMs, budget }: NodeContext<State>,
): Extract<Effect, { readonly do: "publish" }> {
  const name = target.render(message, budget.zone);
  const payload = source.of(message, budget);
  const isComputed = source.paths.length > 0;
  if (payload === undefined || payload === null)
    throw new NodeError(
      "effect.failed",
      `There is no payload to publish to "${name}": the value is missing.`,
    );
  if (payload === "" && retain && isComputed)
    throw new NodeError(
      "effect.failed",
      `An empty retained message would delete what "${name}" holds; the text came out empty.`,
    );
  return {
    do: "publish",
    topic: name,
    payload,
    qos: qos === 0 || qos === 2 ? qos : 1,
    retain,
    ...(expires !== undefined && { expiresAt: nowMs + expires }),
  };
}
