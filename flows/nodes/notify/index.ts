import { template } from "../../expressions.ts";
import { optional } from "../../field.ts";
import { channel, choice, duration } from "../../fields.ts";
import { limits } from "../../limits.ts";
import type { Message } from "../../message.ts";
import { type SettingProblem, type Severity, defineNode, emit, severities } from "../../node.ts";
import { isRecord } from "../isRecord.ts";
import { short } from "../sentences.ts";
import { type Notification, type NotifyState, collect, sendGroup } from "./groups.ts";

const WAIT_MAX_MS = 86_400_000;

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
  group: optional(
    template("Put together by", {
      help: "Notifications for which this text is the same become one, when they come within the time below.",
      placeholder: "{{payload.parent}}",
      advanced: true,
    }),
  ),
  wait: duration("Within", { default: "0s", maximumMs: WAIT_MAX_MS, advanced: true }),
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
  sentence: ({ channel: name = "inbox", title = "no title yet" }) =>
    short(name === "inbox" ? title : `${name}: ${title}`),
  initial: (): NotifyState => ({ groups: {} }),
  overdue: "fire",
  check({ group, wait }): readonly SettingProblem[] {
    if ((group === undefined) === (wait === 0)) return [];
    const path = group === undefined ? "group" : "wait";
    return [{ path, message: "To put notifications together, set both by what and within which time." }];
  },
  receive(message, { channel: name, title, text, severity, group, wait }, context) {
    const notification: Notification = {
      do: "notify",
      channel: name,
      title: title.render(message, context.zone).trim(),
      text: text.render(message, context.zone),
      severity: severity === "auto" ? foundSeverity(message) : severity,
    };
    const groupName = (group?.render(message, context.zone) ?? "").slice(0, limits.keyLength);
    if (groupName !== "") return collect(notification, message, { group: groupName, waitMs: wait, context });
    return {
      commands: [notification, emit("out", message)],
      why: () => missingText([...title.missing(message), ...text.missing(message)]),
    };
  },
  wake: (timer, _config, context) => sendGroup(timer, context),
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
      title: "Forty devices of one gateway within half a minute are one notification",
      config: { title: "{{payload.name}} is offline", group: "{{payload.gateway}}", wait: "30s" },
      steps: [
        ...Array.from({ length: 40 }, (_, child) => ({
          atMs: child * 125,
          payload: { name: `lamp ${child + 1}`, gateway: "gw" },
          gives: [],
        })),
        {
          atMs: 30_000,
          gives: [
            {
              do: "notify",
              title: "lamp 1 is offline, and 39 more",
              text: Array.from({ length: 40 }, (_, child) => `lamp ${child + 1} is offline`).join("\n"),
            },
            ["out", { name: "lamp 40", gateway: "gw" }],
          ],
        },
        { atMs: 60_000, payload: { name: "lamp 7", gateway: "gw" }, gives: [] },
        {
          atMs: 90_000,
          gives: [{ title: "lamp 7 is offline", text: "" }, ["out", { name: "lamp 7", gateway: "gw" }]],
        },
      ],
    },
    {
      title: "What belongs to no group is sent at once",
      config: { title: "{{payload.name}}", group: "{{payload.gateway}}", wait: "30s" },
      steps: [{ payload: { name: "a" }, gives: [{ do: "notify", title: "a" }, ["out", { name: "a" }]] }],
    },
    {
      title: "A group that waits while the hub restarts is sent late",
      config: { title: "t", group: "all", wait: "10s" },
      steps: [
        { atMs: 0, payload: 1, gives: [] },
        { atMs: 1_000, down: true, gives: [] },
        { atMs: 60_000, gives: [{ do: "notify", title: "t", severity: "info" }, ["out", 1]] },
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
