import type { DeviceSelector } from "../../deviceSelector.ts";
import type { KeyRule } from "../../expressions.ts";
import { formatDuration } from "../../logic/duration.ts";
import { type IntervalState, learnGap, learnedIntervalMs, noGaps } from "../../logic/interval.ts";
import { type Rule, explanationText } from "../../logic/rule.ts";
import { type Message, createMessage } from "../../message.ts";
import { type NodeContext, type Reaction, type TopicEvent, cancel, emit, wake } from "../../node.ts";
import type { TopicPattern } from "../../topics/topicFilter.ts";

export interface SilenceConfig {
  readonly filters: readonly TopicPattern[] | undefined;
  readonly device: DeviceSelector | undefined;
  /** ms. */
  readonly for: number | "auto";
  readonly repeat: number | undefined;
  readonly when: Rule | undefined;
  readonly neverSeen: "wait" | "fire";
  readonly key: KeyRule;
}

/**
 * By key. Each key has a state of its own; only where topics are missed before they were heard do they share one,
 * because a deploy speaks about all of them.
 */
export interface SilenceState {
  readonly heard: Readonly<Record<string, Heard>>;
}

interface Heard {
  /** ms since 1970 of the last sign of life; null: none yet. */
  readonly lastSeen: number | null;
  /** What the silence counts from. */
  readonly since: number;
  readonly isSilent: boolean;
  readonly gaps: IntervalState;
  /** The last message without its payload: topic, device and cause for what a timer sends. */
  readonly message: Message;
}

type SilenceReaction = Reaction<SilenceState, "silent" | "returned">;
type Context = NodeContext<SilenceState>;

/** A learned interval is stretched by this, and never made shorter than this. */
const INTERVALS = 3;
const AUTO_MIN_MS = 30_000;

/** Whose silence a message ends. Topics that are missed before they are heard can only be known by their names. */
export function keyOf(event: TopicEvent, config: SilenceConfig): string | undefined {
  return config.neverSeen === "fire" ? event.topic : config.key.of(messageOf(event, config, event.topic));
}

/** A message came: it is a sign of life, unless it is a stored value or not of the wanted kind. */
export function hear(event: TopicEvent, config: SilenceConfig, context: Context): SilenceReaction {
  const { state, nowMs, budget, eventId } = context;
  if (event.initial) return { why: () => "A stored value is no sign of life." };
  if (event.retain && event.size === 0) return { why: () => "A deleted topic is no sign of life." };
  const key = keyOf(event, config);
  if (key === undefined) return { why: () => "The message has no key, so nothing is known of its silence." };
  const message = { ...messageOf(event, config, eventId), key };
  const { when } = config;
  if (when !== undefined && when.verdict(message, budget) !== true)
    return { why: () => `No sign of life: ${explanationText(when.explain(message))}.` };
  const before = Object.hasOwn(state.heard, key) ? state.heard[key] : undefined;
  const gaps = learned(before, config, nowMs);
  const heard = { lastSeen: nowMs, since: nowMs, isSilent: false, gaps, message: withoutPayload(message) };
  const spanMs = spanOf(heard, config);
  const silentFor = before?.isSilent === true ? nowMs - before.since : undefined;
  return {
    state: { heard: { ...state.heard, [key]: heard } },
    commands: [
      ...(spanMs === undefined ? [] : [wake(`silent ${key}`, nowMs + spanMs)]),
      ...(silentFor === undefined ? [] : returned(message, key, silentFor)),
    ],
    why: () => lifeText(heard, spanMs, silentFor),
  };
}

/** At a deploy or start: topics that were never heard begin to be missed. */
export function watchUnseen(config: SilenceConfig, { state, nowMs, eventId }: Context): SilenceReaction {
  const unseen = (config.filters ?? [])
    .map(({ source }) => source)
    .filter((topic) => !Object.hasOwn(state.heard, topic));
  if (unseen.length === 0 || config.for === "auto") return { why: () => "Every topic is watched already." };
  const dueAt = nowMs + config.for;
  const heard = unseen.map((topic) => {
    const message = createMessage({ topic, payload: null, key: topic, seenAt: nowMs, id: eventId });
    return [topic, { lastSeen: null, since: nowMs, isSilent: false, gaps: noGaps, message }] as const;
  });
  return {
    state: { heard: { ...state.heard, ...Object.fromEntries(heard) } },
    commands: unseen.map((topic) => wake(`silent ${topic}`, dueAt)),
    why: () => `Watches ${unseen.join(", ")} from now on.`,
  };
}

/** The time is over, or it is time to tell again. */
export function wakeUp(
  timer: string,
  { repeat }: SilenceConfig,
  { state, nowMs, eventId }: Context,
): SilenceReaction {
  const key = timer.slice(timer.indexOf(" ") + 1);
  const heard = Object.hasOwn(state.heard, key) ? state.heard[key] : undefined;
  if (heard === undefined) return {};
  const finding = { lastSeen: heard.lastSeen, for: nowMs - heard.since };
  const message = {
    ...heard.message,
    payload: finding,
    id: eventId,
    at: nowMs,
    seenAt: nowMs,
    facts: { silence: finding },
  };
  return {
    state: { heard: { ...state.heard, [key]: { ...heard, isSilent: true } } },
    commands: [
      ...(repeat === undefined ? [] : [wake(`repeat ${key}`, nowMs + repeat)]),
      emit("silent", message),
    ],
    why: () => `Nothing was heard for ${formatDuration(finding.for)}.`,
  };
}

function messageOf(event: TopicEvent, { filters = [] }: SilenceConfig, id: string): Message {
  const decoded = event.decode("auto");
  const { topic, levels, device, seenAt, qos, retain, cause = id, hops } = event;
  const params = filters.map((pattern) => pattern.matches(levels)).find((found) => found !== undefined);
  return createMessage({
    topic,
    payload: decoded.ok ? decoded.value : undefined,
    levels,
    ...(params !== undefined && { params }),
    device,
    seenAt,
    qos,
    retain,
    id,
    cause,
    hops,
  });
}

/** A gap that ended a silence is no usual one. */
function learned(before: Heard | undefined, config: SilenceConfig, nowMs: number): IntervalState {
  if (before === undefined || config.for !== "auto") return noGaps;
  if (before.isSilent || before.lastSeen === null) return before.gaps;
  return learnGap(before.gaps, nowMs - before.lastSeen);
}

function spanOf({ gaps }: Heard, config: SilenceConfig): number | undefined {
  if (config.for !== "auto") return config.for;
  const intervalMs = learnedIntervalMs(gaps);
  return intervalMs === undefined ? undefined : Math.max(AUTO_MIN_MS, INTERVALS * intervalMs);
}

function returned(message: Message, key: string, silentFor: number) {
  const finding = { silentFor };
  return [
    cancel(`repeat ${key}`),
    emit("returned", { ...message, payload: finding, facts: { silence: finding } }),
  ] as const;
}

function withoutPayload(message: Message): Message {
  return { ...message, payload: null };
}

function lifeText({ gaps }: Heard, spanMs: number | undefined, silentFor: number | undefined): string {
  if (silentFor !== undefined) return `Heard again after ${formatDuration(silentFor)}.`;
  if (spanMs !== undefined) return `A sign of life; silent when nothing comes for ${formatDuration(spanMs)}.`;
  return `A sign of life; the usual interval is not known yet, after ${gaps.gapsMs.length} gaps.`;
}
