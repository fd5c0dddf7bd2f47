import type { Program } from "#flows/engine/program.ts";
import type { Downtime } from "#flows/engine/restore.ts";
import type { EffectResult, PresenceEvent } from "#flows/node.ts";
import type { Problem } from "#flows/problem.ts";
import type { Replay, RuntimeArrival } from "./parts.ts";
import type { FinishedRun } from "./runner.ts";
import type { RuntimeCounts, RuntimeStatus } from "./status.ts";

/** A document to run, with the number of its version. */
export interface Deployable {
  readonly document: unknown;
  readonly version: number;
}

/** What deploying a document would do, before it is done. */
export interface DeployPlan {
  readonly problems: readonly Problem[];
  /** Absent when the document has errors. */
  readonly program: Program | undefined;
  /** Nodes that lose their state: removed, or of another meaning. */
  readonly reset: readonly string[];
  readonly keptTimers: number;
  readonly droppedTimers: number;
}

/** Hosts the interpreter: events in, effects out, nothing lost in between. */
export interface Runtime {
  /**
   * Takes up the flows as they were left; `downtime` is when the hub was not there, `replay` what lay in the journal,
   * oldest first. What is received before it resolves waits for that.
   */
  start(flows: readonly Deployable[], downtime: Downtime, replay?: readonly Replay[]): Promise<void>;
  stop(): Promise<void>;
  /** The tap of the broker: only notes the message; it is evaluated right after the current turn. */
  receive(arrival: RuntimeArrival): void;
  /** A running flow listens to the message; quick, and right as long as no flow changes before `receive`. */
  awaits(message: Pick<RuntimeArrival, "topic" | "clientId" | "user">): boolean;
  /** So many messages wait to be evaluated that publishers should wait for their acknowledgement. */
  isBusy(): boolean;
  presence(event: PresenceEvent): void;
  /** An effect that left through the outbox has ended. */
  result(effectId: string, result: Omit<EffectResult, "effect" | "ref">): void;
  /** Sets off an inject node by hand, and tells the run; undefined when there is no such node in a running flow. */
  inject(flow: string, node: string, payload?: unknown): string | undefined;
  /** `deployed` is what a flow that is switched off ran last: its memory lies in the store. */
  plan(document: unknown, deployed?: unknown): DeployPlan;
  /** Runs a planned version; `commit` makes it durable, and until then the one before goes on. */
  deploy(program: Program, version: number, commit: () => Promise<void>): Promise<void>;
  /** Takes up a flow that was switched off, with the memory it had then. */
  resume(flow: Deployable): void;
  /** Stops a flow; its memory stays in the store. */
  remove(flow: string): Promise<void>;
  status(flow: string): RuntimeStatus | undefined;
  counts(): RuntimeCounts;
  onRun(listener: (finished: FinishedRun) => void): () => void;
}
