import type { Message } from "../message.ts";
import type { Effect, Late, LogLevel } from "../node.ts";
import type { Program } from "./program.ts";
import type { FlowState, Slot, Timer } from "./state.ts";

/** What the host gives to a run. */
export interface RunInput {
  readonly program: Program;
  readonly state: FlowState;
  readonly nowMs: number;
  /** Id of the outside event; run and effect ids follow from it. */
  readonly eventId: string;
  /** The hub's IANA time zone. */
  readonly zone: string;
}

/**
 * What one event did in one flow. State is already changed in memory (or not at all, when the run was stopped);
 * timers are armed in memory but not yet on an agenda. The host makes it durable, then performs the effects.
 */
export interface Run {
  readonly id: string;
  readonly eventId: string;
  readonly nowMs: number;
  readonly steps: readonly RunStep[];
  /** Slots whose state changed, each at least once. */
  readonly changes: readonly StateChange[];
  readonly timers: readonly TimerChange[];
  readonly effects: readonly PlannedEffect[];
  readonly logs: readonly LogLine[];
  readonly errors: readonly RunError[];
  /** `failed`: a branch ended with an error; `stopped`: a limit was broken, and everything was taken back. */
  readonly outcome: "ok" | "failed" | "stopped";
}

/** What one node did. `why` is only worked out when somebody reads it. */
export interface RunStep {
  readonly node: string;
  /** The input port, or what else woke the node: an event, a timer, a result. */
  readonly input: string;
  readonly key: string | undefined;
  readonly message: Message | undefined;
  readonly out: { readonly port: string; readonly message: Message }[];
  /** The deadline fired after it was due. */
  readonly late: Late | undefined;
  effects: PlannedEffect[] | undefined;
  why: (() => string) | undefined;
  error: RunError | undefined;
}

export interface StateChange {
  readonly node: string;
  readonly key: string;
  readonly slot: Slot;
  readonly before: unknown;
}

export interface TimerChange {
  readonly timer: Timer;
  /** `moved`: it was armed before and is now due later, which may be stored lazily. */
  readonly how: "armed" | "moved" | "cancelled" | "fired";
}

/** An effect with its id, which is the idempotency key of the action: a replay yields the same one. */
export interface PlannedEffect {
  readonly id: string;
  readonly node: string;
  /** Key of the state the node had; the result of an effect goes back to it. */
  readonly key: string;
  readonly effect: Effect;
  readonly cause: string;
  /** Publishes by flows along the chain, this one included. */
  readonly hops: number;
}

export interface LogLine {
  readonly node: string;
  readonly level: LogLevel;
  readonly text: string;
}

export interface RunError {
  readonly node: string;
  readonly code: string;
  readonly message: string;
  readonly cause: unknown;
}
