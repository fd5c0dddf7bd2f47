import { condition, filters, key } from "../../expressions.ts";
import { optional } from "../../field.ts";
import { choice, device, duration, durationOrAuto } from "../../fields.ts";
import { limits } from "../../limits.ts";
import { type SettingProblem, defineNode } from "../../node.ts";
import { short } from "../sentences.ts";
import { examples } from "./examples.ts";
import { type SilenceConfig, type SilenceState, hear, keyOf, wakeUp, watchUnseen } from "./life.ts";

const FILTERS_MAX = 20;
const SHORTEST_MS = 1_000;

const fields = {
  filters: optional(
    filters("Topics", {
      help: "+ is any level, # all that follow, {room} a level with a name.",
      placeholder: "meter/{id}/power",
      maximum: FILTERS_MAX,
    }),
  ),
  device: optional(
    device("Devices", {
      help: "Any message of them is a sign of life. * stands for all.",
      placeholder: "boiler",
    }),
  ),
  for: durationOrAuto("Silent for", {
    help: "auto: three times the interval learned from the messages, at least 30 seconds.",
    default: "auto",
    minimumMs: SHORTEST_MS,
    maximumMs: limits.durationMs,
  }),
  repeat: optional(
    duration("Tell again every", {
      help: "While the silence lasts.",
      minimumMs: SHORTEST_MS,
      advanced: true,
    }),
  ),
  when: optional(
    condition("Only these messages are a sign of life", {
      help: "All of them where it is left empty.",
      advanced: true,
    }),
  ),
  neverSeen: choice(
    "A topic that was never heard",
    [
      ["wait", "Waits for its first message"],
      ["fire", "Counts as silent from the deploy on"],
    ],
    {
      help: "Only topics without wildcards can be missed before they were heard.",
      default: "wait",
      advanced: true,
    },
  ),
  key: key(),
};

/** Tells when nothing has been heard for a time, and when it is heard again. */
export const silence = defineNode({
  type: "silence",
  title: "Silence",
  summary: "Starts when nothing has been heard on a topic for a time, and again when it is heard.",
  group: "trigger",
  icon: "volume-x",
  synonyms: ["no data", "timeout", "watchdog", "heartbeat", "dead man", "stale", "missing", "unavailable"],
  fields,
  ports: ["silent", "returned"],
  initial: (): SilenceState => ({ heard: {} }),
  overdue: "extend",
  sentence: ({ filters: topics = [], device: devices = [], for: span = "auto" }) =>
    short(
      `${[...topics, ...[devices].flat()].join(", ") || "no topic yet,"} ${span === "auto" ? "unusually silent" : `silent for ${span}`}`,
    ),
  check,
  listens: ({ filters: patterns = [], device: devices, neverSeen }) => [
    ...patterns.map((pattern) => ({ on: "topic", pattern }) as const),
    ...(devices === undefined ? [] : [{ on: "device", devices } as const]),
    ...(neverSeen === "fire" ? [{ on: "start" } as const, { on: "deploy" } as const] : []),
  ],
  eventKey: (event, config) =>
    config.neverSeen === "fire" || event.type !== "topic" ? undefined : keyOf(event, config),
  on: (event, config, context) =>
    event.type === "topic" ? hear(event, config, context) : watchUnseen(config, context),
  wake: wakeUp,
  examples,
});

function check(config: SilenceConfig): readonly SettingProblem[] {
  const { filters: patterns = [], device: devices, for: span, neverSeen } = config;
  if (patterns.length === 0 && devices === undefined)
    return [{ path: "filters", message: "Name topics, or devices, or both: something must be missed." }];
  if (neverSeen === "wait") return [];
  const problems: SettingProblem[] = [];
  patterns.forEach(({ source }, index) => {
    if (/[+#{]/.test(source))
      problems.push({
        path: `filters/${index}`,
        message: `Which topics "${source}" stands for is not known before they are heard; name each topic, or let them wait.`,
      });
  });
  if (span === "auto")
    problems.push({
      path: "for",
      message: "A topic that was never heard has no usual interval; set a time span.",
    });
  return problems;
}
