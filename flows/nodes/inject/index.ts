import { optional } from "../../field.ts";
import { flag, json, text } from "../../fields.ts";
import { createMessage } from "../../message.ts";
import { defineNode, emit } from "../../node.ts";
import { quoted } from "../../problem.ts";

const fields = {
  payload: json("Payload", { help: "Any JSON; a bare text may be written without quotes.", default: true }),
  topic: text("Topic", { default: "", advanced: true }),
  key: optional(
    text("Key", {
      help: "Whose state the message is about; the id of this node where it is empty.",
      lengthMax: 256,
      advanced: true,
    }),
  ),
  onStart: flag("When the hub starts", { default: false }),
  onDeploy: flag("When the flow is deployed", { default: false }),
};

/** Starts a run by hand, or when the hub starts or the flow is deployed. */
export const inject = defineNode({
  type: "inject",
  title: "Inject",
  summary: "Starts when somebody presses its button, and on wish when the hub starts.",
  group: "trigger",
  icon: "hand",
  synonyms: ["button", "manual", "start", "test", "press", "once", "startup"],
  fields,
  ports: ["out"],
  sentence({ payload = true, onStart, onDeploy }) {
    const when = [onStart === true ? "at start" : "", onDeploy === true ? "at deploy" : ""].filter(Boolean);
    return [quoted(payload, 40), ...when].join(", ");
  },
  listens: ({ onStart, onDeploy }) => [
    { on: "inject" },
    ...(onStart ? [{ on: "start" } as const] : []),
    ...(onDeploy ? [{ on: "deploy" } as const] : []),
  ],
  on(event, config, { eventId, nowMs, nodeId }) {
    const isManual = event.type === "inject";
    const given: { readonly payload?: unknown; readonly topic?: string; readonly key?: string } = isManual
      ? event
      : {};
    const message = createMessage({
      topic: given.topic ?? config.topic,
      payload: "payload" in given ? given.payload : config.payload,
      key: given.key ?? config.key ?? nodeId,
      seenAt: nowMs,
      id: eventId,
      facts: { inject: { manual: isManual } },
    });
    return {
      commands: [emit("out", message)],
      why: () => (isManual ? "Started by hand." : `Started because of a ${event.type}.`),
    };
  },
  examples: [
    {
      title: "By hand, with its own payload or with another one",
      config: { payload: { on: true } },
      steps: [
        { event: { type: "inject" }, gives: [["out", { on: true }]] },
        { event: { type: "inject", payload: 7 }, gives: [["out", 7]] },
        { event: { type: "start" }, gives: [] },
      ],
    },
    {
      title: "When the hub starts, but not when the flow is deployed",
      config: { payload: 1, onStart: true },
      steps: [
        { event: { type: "start" }, gives: [["out", 1]] },
        { event: { type: "deploy" }, gives: [] },
      ],
    },
    {
      title: "When the flow is deployed",
      config: { payload: "hello", onDeploy: true },
      steps: [{ event: { type: "deploy" }, gives: [["out", "hello"]] }],
    },
  ],
});
