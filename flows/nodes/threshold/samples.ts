import { type IntervalState, learnGap, learnedIntervalMs, noGaps } from "../../logic/interval.ts";
import { toNumber } from "../../logic/number.ts";
import type { CompiledValue } from "../../logic/value.ts";
import { type Message, withFacts } from "../../message.ts";
import { type Command, type NodeContext, type Reaction, cancel, emit, wake } from "../../node.ts";
import { quoted } from "../../problem.ts";
import {
  AT_REST,
  type Level,
  type Side,
  type Standing,
  activeLevel,
  finishDue,
  judge,
  nextDeadline,
  rankOf,
  settle,
} from "./levels.ts";
import { clockText, standingText } from "./standingText.ts";

export interface ThresholdConfig {
  readonly value: CompiledValue;
  readonly side: Side;
  readonly levels: readonly Level[];
  readonly silence: "holds" | "breaks" | "auto";
  readonly initial: "quiet" | "judge";
}

export interface ThresholdState {
  readonly standing: Standing;
  /** The newest sample; kept only while a level waits. */
  readonly message: Message | null;
  /** ms since 1970 of the newest sample; 0: none. Kept only where a level has a time, as are the gaps. */
  readonly sampledAt: number;
  readonly gaps: IntervalState;
}

type Port = "raise" | "ease" | "clear";
type ThresholdReaction = Reaction<ThresholdState, Port>;

/** Intervals without a sample after which a sensor counts as silent. */
const SILENT_INTERVALS = 3;
const [DUE, SILENT] = ["due", "silent"] as const;

/** Nothing known of the key. */
export const asleep: ThresholdState = Object.freeze({
  standing: AT_REST,
  message: null,
  sampledAt: 0,
  gaps: noGaps,
});

/** A message came. */
export function receiveSample(
  message: Message,
  config: ThresholdConfig,
  { state, nowMs, budget }: NodeContext<ThresholdState>,
): ThresholdReaction {
  const found = config.value.of(message, budget);
  const value = toNumber(found);
  if (value === undefined) return { unknown: true, why: () => unknownText(found) };
  const isQuiet = message.initial && config.initial === "quiet";
  const before = state.standing;
  const after = isQuiet
    ? settle(before, value, config)
    : judge(before, value, { levels: config.levels, side: config.side, nowMs });
  const why = () => standingText({ before, after, value, levels: config.levels, side: config.side, nowMs });
  const isTimed = hasTimes(config.levels);
  if (after === before && !isTimed) return { why };
  const news = message.initial ? { ...message, initial: false } : message;
  const next = isTimed
    ? timedState(state, {
        after,
        message: news,
        nowMs,
        learns: !message.initial && config.silence !== "holds",
      })
    : { ...asleep, standing: after };
  const emission = isQuiet ? undefined : emissionOf(before, after, { message: news, value, config });
  const timers = isTimed ? timerCommands(state, next, config) : [];
  return { state: next, commands: emission === undefined ? timers : [...timers, emission], why };
}

/** A time is over, or the sensor has been silent. */
export function wakeUp(
  timer: string,
  config: ThresholdConfig,
  context: NodeContext<ThresholdState>,
): ThresholdReaction {
  return timer === SILENT ? breakIfSilent(config, context) : finishWaits(config, context);
}

function finishWaits(
  config: ThresholdConfig,
  { state, nowMs, budget }: NodeContext<ThresholdState>,
): ThresholdReaction {
  const { standing: before, message } = state;
  const value = toNumber(message === null ? undefined : config.value.of(message, budget));
  if (message === null || value === undefined) return {};
  if (isUnconfirmed(config, state))
    return breakOff(state, "one value alone does not hold while the sensor's interval is not known");
  const after = finishDue(before, config.levels, nowMs);
  const emission = emissionOf(before, after, { message, value, config });
  const deadline = nextDeadline(after, config.levels);
  return {
    state: { ...state, standing: after, message: waits(after) ? message : null },
    commands: [
      deadline === Infinity ? cancel(SILENT) : wake(DUE, deadline),
      ...(emission === undefined ? [] : [emission]),
    ],
    why: () => standingText({ before, after, value, levels: config.levels, side: config.side, nowMs }),
  };
}

/** The timer is not moved by every sample: it looks at the newest one when it comes up. */
function breakIfSilent(
  { levels }: ThresholdConfig,
  { state, nowMs, late }: NodeContext<ThresholdState>,
): ThresholdReaction {
  const silentMs = silentAfterMs(state);
  if (!waits(state.standing) || silentMs === undefined) return {};
  const silentAt = state.sampledAt + silentMs;
  if (silentAt > nowMs) return { commands: [wake(SILENT, silentAt)] };
  // While the hub was down it heard nobody: a time that ran out meanwhile is fired unverified instead.
  if (late !== undefined && nextDeadline(state.standing, levels) <= nowMs) return {};
  return breakOff(
    state,
    `no value came for ${clockText(nowMs - state.sampledAt)}, three times the usual interval`,
  );
}

function breakOff(state: ThresholdState, reason: string): ThresholdReaction {
  const standing = { raised: state.standing.raised, since: AT_REST.since };
  return {
    state: { ...state, standing, message: null },
    commands: [cancel(DUE), cancel(SILENT)],
    why: () => `The time is broken off: ${reason}.`,
  };
}

/** `breaks`: until the interval is known, a level whose first sample stayed the only one is not confirmed. */
function isUnconfirmed({ silence }: ThresholdConfig, state: ThresholdState): boolean {
  if (silence !== "breaks" || silentAfterMs(state) !== undefined) return false;
  return state.standing.since.includes(state.sampledAt);
}

function timedState(
  { sampledAt, gaps }: ThresholdState,
  {
    after,
    message,
    nowMs,
    learns,
  }: {
    readonly after: Standing;
    readonly message: Message;
    readonly nowMs: number;
    readonly learns: boolean;
  },
): ThresholdState {
  return {
    standing: after,
    message: waits(after) ? message : null,
    sampledAt: nowMs,
    gaps: learns && sampledAt > 0 ? learnGap(gaps, nowMs - sampledAt) : gaps,
  };
}

function timerCommands(
  before: ThresholdState,
  after: ThresholdState,
  { levels, silence }: ThresholdConfig,
): Command<Port>[] {
  const [was, is] = [nextDeadline(before.standing, levels), nextDeadline(after.standing, levels)];
  const commands: Command<Port>[] = [];
  if (is !== was) commands.push(is === Infinity ? cancel(DUE) : wake(DUE, is));
  if (was === Infinity && is < Infinity && silence !== "holds") {
    const silentMs = silentAfterMs(after);
    if (silentMs !== undefined) commands.push(wake(SILENT, after.sampledAt + silentMs));
  }
  if (was < Infinity && is === Infinity) commands.push(cancel(SILENT));
  return commands;
}

function emissionOf(
  before: Standing,
  after: Standing,
  {
    message,
    value,
    config,
  }: { readonly message: Message; readonly value: number; readonly config: ThresholdConfig },
): Command<Port> | undefined {
  if (before.raised === after.raised) return undefined;
  const [was, is] = [activeLevel(before, config.levels), activeLevel(after, config.levels)];
  if (was === is) return undefined;
  const finding = {
    severity: is?.severity ?? "none",
    previous: was?.severity ?? "none",
    value,
    set: (is ?? was)?.set,
  };
  const port = is === undefined ? "clear" : rankOf(is) > rankOf(was) ? "raise" : "ease";
  return emit(port, withFacts(message, "threshold", finding));
}

function silentAfterMs({ gaps }: ThresholdState): number | undefined {
  const intervalMs = learnedIntervalMs(gaps);
  return intervalMs === undefined ? undefined : SILENT_INTERVALS * intervalMs;
}

function waits({ since }: Standing): boolean {
  return since.length > 0;
}

function hasTimes(levels: readonly Level[]): boolean {
  for (const level of levels) if (level.for > 0 || level.clearFor > 0) return true;
  return false;
}

function unknownText(found: unknown): string {
  return found === undefined ? "The value is missing: ignored." : `${quoted(found)} is no number: ignored.`;
}
