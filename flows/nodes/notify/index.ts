import { template } from "../../expressions.ts";
import { channel, choice } from "../../fields.ts";
import type { Message } from "../../message.ts";
import { type Severity, defineNode, emit, severities } from "../../node.ts";
import { isRecord } from "../isRecord.ts";
import { short } from "../sentences.ts";

const fields = {
  channel: channel("Channel", {
    help: "Where the notification goes. The inbox is part of the hub; other channels are set up under Settings.",
    default: "inbox",
  }),
  title: template("Title", { placeholder: "{{device.name}} is offline" }),
  text: template("Text", { default: "" }),
  severity: choice(
    "Severity",
    [
      ["auto", "As a threshold before it found"],
      ["info", "Info"],
      ["warning", "Warning"],
      ["minor", "Minor"],
      ["major", "Major"],
      ["critical", "Critical"],
    ],
    { help: "Without a threshold before it, auto is info.", default: "auto" },
  ),
};

/** Tells people something, through the inbox or another channel. */
export const notify = defineNode({
  type: "notify",
  title: "Notify",
  summary: "Sends people a notification through the inbox, e-mail or another channel.",
  group: "action",
  icon: "bell",
  synonyms: ["alert", "message", "push", "email", "mail", "telegram", "notification", "tell"],
  fields,
  ports: ["out"],
  fails: true,
  sentence: ({ channel: name = "inbox", title = "" }) =>
    short(name === "inbox" ? title : `${name}: ${title}`),
  receive(message, { channel: name, title, text, severity }) {
    return {
      commands: [
        {
          do: "notify",
          channel: name,
          title: title.render(message).trim(),
          text: text.render(message),
          severity: severity === "auto" ? foundSeverity(message) : severity,
        },
        emit("out", message),
      ],
      why: () => missingText([...title.missing(message), ...text.missing(message)]),
    };
  },
  examples: [
    {
      title: "A title and a text made from the message",
      config: {
        title: "{{levels[1]}} is too warm",
        text: "{{payload.t | round: 1}} °C",
        severity: "warning",
      },
      steps: [
        {
          topic: "coldstore/north/climate",
          payload: { t: 7.26 },
          gives: [
            {
              do: "notify",
              channel: "inbox",
              title: "north is too warm",
              text: "7.3 °C",
              severity: "warning",
            },
            ["out", { t: 7.26 }],
          ],
        },
      ],
    },
    {
      title: "What is missing stays empty",
      config: { title: 'Battery {{payload.name | default: "?"}} {{payload.percent}}', channel: "mail" },
      steps: [
        {
          payload: {},
          gives: [
            { do: "notify", channel: "mail", title: "Battery ?", text: "", severity: "info" },
            ["out", {}],
          ],
        },
      ],
    },
    {
      title: "A stored value replayed at the start is no news",
      config: { title: "Hello" },
      steps: [{ payload: 1, initial: true, gives: [] }],
    },
  ],
});

function foundSeverity({ facts }: Message): Severity {
  const finding = facts["threshold"];
  const severity = isRecord(finding) ? finding["severity"] : undefined;
  return severities.find((known) => known === severity) ?? "info";
}

function missingText(missing: readonly string[]): string {
  return missing.length === 0
    ? "Handed to the outbox."
    : `Handed to the outbox; left empty, because missing: ${missing.join(", ")}.`;
}
