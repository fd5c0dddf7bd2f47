import { NodeError } from "../../errors.ts";
import { template as templateField } from "../../expressions.ts";
import { choice } from "../../fields.ts";
import { type Message, withPayload } from "../../message.ts";
import { defineNode, emit } from "../../node.ts";
import { quoted } from "../../problem.ts";
import { short } from "../sentences.ts";

const fields = {
  text: templateField("Text", { placeholder: "{{device.name}} is at {{payload.t | round: 1}} °C" }),
  to: choice(
    "Becomes",
    [
      ["payload", "The payload"],
      ["topic", "The topic"],
    ],
    { default: "payload" },
  ),
};

/** Makes a text from the fields of the message. */
export const template = defineNode({
  type: "template",
  title: "Template",
  summary: "Makes a text from the fields of the message, as its new payload or topic.",
  group: "transform",
  icon: "text-quote",
  synonyms: ["text", "format", "mustache", "handlebars", "string", "message"],
  fields,
  ports: ["out"],
  sentence: ({ text = "no text yet", to }) => short(to === "topic" ? `topic ${text}` : text),
  receive(message, { text, to }, { zone }) {
    const rendered = text.render(message, zone);
    const next = to === "payload" ? withPayload(message, rendered) : withTopic(message, rendered);
    return { commands: [emit("out", next)], why: () => missingText(text.missing(message)) };
  },
  examples: [
    {
      title: "A temperature to one decimal; a missing value is an empty text",
      config: { text: "T {{payload.t | round: 1}}" },
      steps: [
        { payload: { t: 21.57 }, gives: [["out", "T 21.6"]] },
        { payload: {}, gives: [["out", "T "]] },
      ],
    },
    {
      title: "Something else in place of a missing value",
      config: { text: '{{payload.name | default: "nobody"}}' },
      steps: [
        { payload: { name: "Ann" }, gives: [["out", "Ann"]] },
        { payload: {}, gives: [["out", "nobody"]] },
      ],
    },
    {
      title: "Objects are written as JSON, and only own properties are read",
      config: { text: "{{payload.a}}{{payload.constructor}}" },
      steps: [{ payload: { a: { b: 1 } }, gives: [["out", '{"b":1}']] }],
    },
    {
      title: "A new topic leaves the payload alone",
      config: { text: "home/{{payload.room}}/state", to: "topic" },
      steps: [{ payload: { room: "hall" }, gives: [["out", { room: "hall" }]] }],
    },
  ],
});

function withTopic(message: Message, topic: string): Message {
  const levels = topic.split("/");
  if (topic === "" || /[+#\0]/.test(topic) || levels.includes(""))
    throw new NodeError(
      "topic.invalid",
      `The topic ${quoted(topic)} is empty, has an empty level or holds a wildcard, so nothing can be published to it.`,
    );
  return { ...message, topic, levels };
}

function missingText(missing: readonly string[]): string {
  return missing.length === 0
    ? "Every value was there."
    : `Left empty, because it is missing: ${missing.join(", ")}.`;
}
