import type { Message } from "../../message.ts";
import {
  type Effect,
  type NodeContext,
  type Reaction,
  type Severity,
  emit,
  severities,
  wake,
} from "../../node.ts";
import { short } from "../sentences.ts";

/** Notifications that wait to become one, by group. */
export interface NotifyState {
  readonly groups: Readonly<Record<string, Group>>;
}

interface Group {
  readonly count: number;
  /** The first one, as it would have been sent. */
  readonly first: Notification;
  /** One line for each, up to a limit. */
  readonly lines: readonly string[];
  readonly severity: Severity;
  /** The newest message goes on when the notification is sent. */
  readonly message: Message;
}

export type Notification = Extract<Effect, { readonly do: "notify" }>;

type NotifyReaction = Reaction<NotifyState, "out">;

/** Lines that a notification lists, and their characters; more are only counted. */
const LINES_MAX = 50;
const LINE_LENGTH = 120;

/** Puts a notification to those that wait in its group; the first one sets the time. */
export function collect(
  notification: Notification,
  message: Message,
  {
    group,
    waitMs,
    context,
  }: { readonly group: string; readonly waitMs: number; readonly context: NodeContext<NotifyState> },
): NotifyReaction {
  const { groups } = context.state;
  const before = Object.hasOwn(groups, group) ? groups[group] : undefined;
  const { title, text, severity } = notification;
  const line = short(text === "" ? title : `${title}: ${text}`, LINE_LENGTH);
  const lines = before?.lines ?? [];
  const next: Group = {
    count: (before?.count ?? 0) + 1,
    first: before?.first ?? notification,
    lines: lines.length < LINES_MAX ? [...lines, line] : lines,
    severity: worse(before?.severity, severity),
    message,
  };
  return {
    state: { groups: { ...groups, [group]: next } },
    commands: before === undefined ? [wake(group, context.nowMs + waitMs)] : [],
    why: () => `Collected with ${next.count - 1} others of the group "${group}".`,
  };
}

/** The time of a group is over: what was collected becomes one notification. */
export function sendGroup(group: string, { state }: NodeContext<NotifyState>): NotifyReaction {
  const { [group]: due, ...groups } = state.groups;
  if (due === undefined) return {};
  return {
    state: { groups },
    commands: [asOne(due), emit("out", due.message)],
    why: () => `${due.count} notifications of the group "${group}" in one.`,
  };
}

function asOne({ count, first, lines, severity }: Group): Notification {
  if (count === 1) return first;
  const rest = count - lines.length;
  const text = [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
  return { ...first, title: `${first.title}, and ${count - 1} more`, text, severity };
}

function worse(a: Severity | undefined, b: Severity): Severity {
  return a !== undefined && severities.indexOf(a) > severities.indexOf(b) ? a : b;
}
