import type { ConfigOf, Fields, StoredOf } from "./field.ts";
import type { DeviceSelector } from "./deviceSelector.ts";
import type { Budget } from "./logic/budget.ts";
import type { Decoded, DecodeMode } from "./logic/payload.ts";
import type { DeviceRef, Message } from "./message.ts";
import type { TopicPattern } from "./topics/topicFilter.ts";

/** What sets a flow off. The host builds events; triggers turn them into messages. */
export type FlowEvent =
  | TopicEvent
  | PresenceEvent
  | { readonly type: "inject"; readonly payload?: unknown; readonly topic?: string; readonly key?: string }
  | { readonly type: "start" }
  | { readonly type: "deploy" };

/** A publish that the broker accepted, or a retained value replayed (`initial`). */
export interface TopicEvent {
  readonly type: "topic";
  readonly topic: string;
  readonly levels: readonly string[];
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly initial: boolean;
  readonly seenAt: number;
  readonly device: DeviceRef | undefined;
  readonly cause: string | undefined;
  readonly hops: number;
  readonly size: number;
  /** Decodes at most once for each mode; the result is shared by all flows and must not be changed. */
  readonly decode: (mode: DecodeMode) => Decoded;
}

/** A transition that the hub's presence decided. */
export interface PresenceEvent {
  readonly type: "presence";
  readonly device: DeviceRef;
  readonly event: PresenceTransition;
  readonly state: string;
  readonly previous: string;
  readonly reason: string;
  /** ms since 1970. */
  readonly since: number;
  /** ms; only where an outage ended. */
  readonly outageMs?: number;
  readonly blinks: number;
  readonly parent?: string;
}

export type PresenceTransition = "online" | "offline" | "recovered" | "flapping" | "steady" | "sleeping";

/** What a trigger wants to be called for. */
export type Interest =
  | { readonly on: "topic"; readonly pattern: TopicPattern }
  /** Every message of these devices, whatever its topic; comes as a topic event. */
  | { readonly on: "device"; readonly devices: DeviceSelector }
  | { readonly on: "presence" | "inject" | "start" | "deploy" };

/** Something that leaves the hub. A node only asks for it; the outbox performs it once it is durable. */
export type Effect =
  | {
      readonly do: "publish";
      readonly topic: string;
      readonly payload: unknown;
      readonly qos: 0 | 1 | 2;
      readonly retain: boolean;
      /** ms since 1970; not delivered after it. */
      readonly expiresAt?: number;
    }
  | {
      readonly do: "notify";
      readonly channel: string;
      readonly title: string;
      readonly text: string;
      readonly severity: Severity;
    }
  | {
      readonly do: "http";
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly timeoutMs: number;
      /** The node waits for the reply, which comes back through `result`. */
      readonly ask: boolean;
      /** The node's own name for the question; the result carries it. */
      readonly ref?: string;
    };

export const severities = ["info", "warning", "minor", "major", "critical"] as const;
export type Severity = (typeof severities)[number];

/** How an effect ended; comes back to the node that asked for it. */
export interface EffectResult {
  readonly effect: string;
  /** What the node gave along with the effect. */
  readonly ref?: string;
  readonly ok: boolean;
  readonly status?: number;
  readonly body?: unknown;
  readonly error?: string;
}

/** What a node can ask of the engine. */
export type Command<Port extends string = string> =
  | { readonly do: "emit"; readonly port: Port | "error"; readonly message: Message }
  | { readonly do: "wake"; readonly timer: string; readonly atMs: number }
  | { readonly do: "cancel"; readonly timer: string }
  | { readonly do: "log"; readonly level: LogLevel; readonly text: string }
  | Effect;

export type LogLevel = "debug" | "info" | "warn" | "error";

/** A deadline that fires after it was due, because the hub was down. */
export interface Late {
  readonly dueAt: number;
  /** ms. */
  readonly by: number;
  /** No fresh value came to confirm the condition. */
  readonly unverified?: true;
}

/** What a node may know. Nothing else: no clock, no I/O, no randomness, no globals. */
export interface NodeContext<State> {
  readonly state: State;
  readonly nowMs: number;
  /** Whose state this is; "*" where a node keeps one for all. */
  readonly key: string;
  /** The input port the message came in by. */
  readonly input: string;
  readonly budget: Budget;
  /** Id of the event that started this run. */
  readonly eventId: string;
  readonly flowId: string;
  readonly nodeId: string;
  /** The hub's IANA time zone. */
  readonly zone: string;
  /** Set in `wake` when the deadline fires late. */
  readonly late: Late | undefined;
}

/** What a node decided. The engine commits state, timers and effects together, or none of them. */
export interface Reaction<State, Port extends string = string> {
  /** Left out: unchanged. */
  readonly state?: State;
  readonly commands?: readonly Command<Port>[];
  /** Why it decided so, in a sentence for the trace; only made when somebody reads it. */
  readonly why?: () => string;
  /** The message told nothing (a missing value): an overdue condition stays unconfirmed. */
  readonly unknown?: true;
}

/**
 * What happens to a deadline that passed while the hub was down (semantics, section 6). `verify` waits for the key's
 * next value; `fire` fires at once, marked late; `skip` drops it; `extend` moves it by the downtime, because nobody
 * could reach the hub.
 */
export type OverduePolicy = "verify" | "fire" | "skip" | "extend";

/** A mistake that only several settings together can make; `path` is where the form shows it. */
export interface SettingProblem {
  /** The setting, or a JSON pointer into it such as `levels/1/set`. */
  readonly path: string;
  readonly message: string;
  readonly severity?: "error" | "warning" | "hint";
}

/** One step of an example: a message arrives, or only time passes; `gives` is all that comes out, in order. */
export interface Step<Port extends string = string> {
  readonly atMs?: number;
  readonly payload?: unknown;
  readonly topic?: string;
  readonly key?: string;
  readonly input?: string;
  readonly initial?: true;
  /** For triggers. */
  readonly event?: ExampleEvent;
  /** The hub is down from here until the time of the next step. */
  readonly down?: true;
  /** `[port, payload]`, or the named fields of an effect. */
  readonly gives: readonly (readonly [Port | "error", unknown] | Readonly<Record<string, unknown>>)[];
}

/** An event as an example writes it; what is left out gets a neutral value. */
export type ExampleEvent =
  | {
      readonly type: "topic";
      readonly topic: string;
      readonly device?: string;
      readonly payload: unknown;
      readonly initial?: true;
    }
  | ({ readonly type: "presence"; readonly device: string; readonly event: PresenceTransition } & Partial<
      Omit<PresenceEvent, "device" | "event" | "type">
    >)
  | { readonly type: "inject"; readonly payload?: unknown }
  | { readonly type: "start" | "deploy" }
  | ({ readonly type: "result" } & Omit<EffectResult, "effect">);

/** Shown in the docs and in the editor, and run as a test. */
export interface Example<F extends Fields, Port extends string = string> {
  readonly title: string;
  /** As stored: settings that keep their default are left out. */
  readonly config: StoredOf<F>;
  readonly startsAt?: string;
  readonly zone?: string;
  readonly steps: readonly Step<Port>[];
}

export interface NodeSpec<F extends Fields, State, Port extends string> {
  readonly type: string;
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  readonly group: "trigger" | "logic" | "transform" | "action";
  /** Name of an icon of the editor's icon set. */
  readonly icon: string;
  /** Other words people search for. */
  readonly synonyms?: readonly string[];
  readonly fields: F;
  /** Input ports; `["in"]` unless said otherwise, none for triggers. */
  readonly inputs?: readonly string[];
  /** Output ports, first one the default; they may follow from the stored settings. `error` comes by `fails`. */
  readonly ports: readonly Port[] | ((stored: StoredOf<F>) => readonly Port[]);
  /** Has a port `error`: actions and parsers. */
  readonly fails?: true;
  /** What the node does with these settings, in a few plain words: the second line of its card. */
  readonly sentence: (stored: StoredOf<F>) => string;
  /** Checks that no single field can make; runs when the flow is saved, never while it runs. */
  readonly check?: (config: ConfigOf<F>) => readonly SettingProblem[];
  readonly listens?: (config: ConfigOf<F>) => readonly Interest[];
  /** Makes the node stateful: one state for each key. The node must have a field `key`, or keeps one for all. */
  readonly initial?: () => State;
  /** @default "verify" */
  readonly overdue?: OverduePolicy | ((config: ConfigOf<F>) => OverduePolicy);
  /** For stateful triggers: whose state the event is about; one for all where it is left out. */
  readonly eventKey?: (event: FlowEvent, config: ConfigOf<F>) => string | undefined;
  /** For triggers: an event that `listens` asked for. */
  readonly on?: (
    event: FlowEvent,
    config: ConfigOf<F>,
    context: NodeContext<State>,
  ) => Reaction<NoInfer<State>, NoInfer<Port>>;
  readonly receive?: (
    message: Message,
    config: ConfigOf<F>,
    context: NodeContext<State>,
  ) => Reaction<NoInfer<State>, NoInfer<Port>>;
  /** A timer set with `wake` is due. */
  readonly wake?: (
    timer: string,
    config: ConfigOf<F>,
    context: NodeContext<State>,
  ) => Reaction<NoInfer<State>, NoInfer<Port>>;
  /** An effect that the node waits for has ended. */
  readonly result?: (
    result: EffectResult,
    config: ConfigOf<F>,
    context: NodeContext<State>,
  ) => Reaction<NoInfer<State>, NoInfer<Port>>;
  readonly examples: readonly Example<F, NoInfer<Port>>[];
}

/** Infers the types of config, state and ports; does nothing at run time. */
export function defineNode<F extends Fields, State = null, const Port extends string = string>(
  spec: NodeSpec<F, State, Port>,
): NodeSpec<F, State, Port> {
  return spec;
}

/** A node as the engine, the API and the editor see it: its own types forgotten. */
// oxlint-disable-next-line typescript/no-explicit-any -- the registry holds nodes of every config and state.
export type AnyNode = NodeSpec<any, any, string>;

/** Sends a message on along the wires of a port. */
export function emit<Port extends string>(port: Port, message: Message): Command<Port> {
  return { do: "emit", port, message };
}

/** Asks to be woken; the same name replaces an earlier deadline. `atMs` is ms since 1970. */
export function wake(timer: string, atMs: number): Command<never> {
  return { do: "wake", timer, atMs };
}

/** Forgets a deadline. */
export function cancel(timer: string): Command<never> {
  return { do: "cancel", timer };
}

/** The output ports of a node with these settings, `error` last. */
export function portsOf(spec: AnyNode, stored: Readonly<Record<string, unknown>>): readonly string[] {
  const own = typeof spec.ports === "function" ? spec.ports(stored) : spec.ports;
  return spec.fails === true ? [...own, "error"] : own;
}

/** The input ports of a node. */
export function inputsOf(spec: AnyNode): readonly string[] {
  return spec.inputs ?? (spec.group === "trigger" ? [] : ["in"]);
}
