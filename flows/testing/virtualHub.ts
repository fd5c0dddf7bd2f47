import { createAgenda } from "../engine/agenda.ts";
import type { Program, ProgramNode } from "../engine/program.ts";
import { restoreState, scheduleAll } from "../engine/restore.ts";
import {
  type PlannedEffect,
  type Run,
  type RunInput,
  runEvent,
  runMessage,
  runResult,
  runTimer,
} from "../engine/run.ts";
import { type FlowState, createFlowState } from "../engine/state.ts";
import type { Message } from "../message.ts";
import { selectsDevice } from "../deviceSelector.ts";
import type { EffectResult, FlowEvent, Interest, TopicEvent } from "../node.ts";
import { rawPayload } from "./rawPayload.ts";
import { decodePayload } from "../logic/payload.ts";

/** A hub without network, disk or clock: it runs one flow exactly as the live hub does, on virtual time. */
export interface VirtualHub {
  readonly now: () => number;
  /** ms since 1970 of the next deadline, or `Infinity`. */
  readonly nextAt: () => number;
  /** Moves the clock on; everything that is due meanwhile fires in order. */
  advanceTo(atMs: number): void;
  /** A device publishes, or (`initial`) a retained value is read at the start. */
  publish(given: VirtualPublish): void;
  /** Any other event; it reaches the nodes that listen to it. */
  event(event: FlowEvent, node?: string): void;
  /** Hands a message to one node directly, as examples and previews do. */
  hand(node: string, input: string, message: Message): void;
  result(node: string, key: string, result: EffectResult): void;
  /** The hub goes down now and comes back at `atMs`, with what it had stored. */
  restart(atMs: number): void;
}

export interface VirtualPublish {
  readonly topic: string;
  /** Id of the device that speaks. */
  readonly device?: string;
  readonly payload: unknown;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly initial?: boolean;
  readonly cause?: string;
  readonly hops?: number;
}

export interface VirtualHubOptions {
  readonly program: Program;
  readonly startMs: number;
  readonly zone: string;
  /** Called for each run, in order, once it is committed. */
  readonly onRun: (run: Run) => void;
}

/** Makes a virtual hub; nothing runs before the first call. */
export function createVirtualHub({ program, startMs, zone, onRun }: VirtualHubOptions): VirtualHub {
  let nowMs = startMs;
  let state: FlowState = createFlowState();
  let agenda = createAgenda();
  let eventCount = 0;
  const published: PlannedEffect[] = [];

  const input = (): RunInput => ({ program, state, nowMs, zone, eventId: `e${++eventCount}` });

  function commit(run: Run): void {
    for (const { timer } of run.timers) agenda.add(timer);
    onRun(run);
    published.push(...run.effects.filter(({ effect }) => effect.do === "publish"));
  }

  /** The flow's own publishes come back to it through the broker, after the run that made them. */
  function loopBack(): void {
    for (let next = published.shift(); next !== undefined; next = published.shift()) {
      const { effect, cause, hops } = next;
      if (effect.do === "publish") route({ ...effect, cause, hops });
    }
  }

  function route(given: VirtualPublish): void {
    const event = topicEvent(given, nowMs);
    const triggers = listening(program, event);
    if (triggers.length > 0) commit(runEvent(input(), event, triggers));
  }

  function fireDue(atMs: number): void {
    for (let timer = agenda.takeDue(atMs); timer !== undefined; timer = agenda.takeDue(atMs)) {
      nowMs = Math.max(nowMs, timer.verifyBy ?? timer.dueAt);
      commit(runTimer(input(), timer));
      loopBack();
    }
  }

  function advanceTo(atMs: number): void {
    // Step by step, so that what fires sees its own time.
    for (let next = agenda.nextAt(); next <= atMs; next = agenda.nextAt()) fireDue(Math.max(next, nowMs));
    nowMs = Math.max(nowMs, atMs);
  }

  function happen(event: FlowEvent, node?: string): void {
    const triggers = listening(program, event).filter(({ id }) => node === undefined || id === node);
    if (triggers.length > 0) commit(runEvent(input(), event, triggers));
    loopBack();
  }

  return {
    now: () => nowMs,
    nextAt: () => agenda.nextAt(),
    advanceTo,
    publish(given) {
      route(given);
      loopBack();
    },
    event: happen,
    hand(node, port, message) {
      commit(runMessage(input(), { node, port }, message));
      loopBack();
    },
    result(node, key, result) {
      commit(runResult(input(), { node, key }, result));
      loopBack();
    },
    restart(atMs) {
      const stored = JSON.parse(JSON.stringify(rowsOf(state))) as ReturnType<typeof rowsOf>;
      const downtime = { from: nowMs, to: atMs };
      nowMs = atMs;
      agenda = createAgenda();
      state = restoreState(program, stored, downtime).state;
      scheduleAll(state, agenda);
      fireDue(nowMs);
      happen({ type: "start" });
    },
  };
}

/** The nodes that an event sets off. */
function listening(program: Program, event: FlowEvent): readonly ProgramNode[] {
  const found = new Set<ProgramNode>();
  for (const { node, interest } of program.listens) {
    if (isMeant(interest, event)) found.add(node);
  }
  return [...found];
}

function isMeant(interest: Interest, event: FlowEvent): boolean {
  if (interest.on === "topic")
    return event.type === "topic" && interest.pattern.matches(event.levels) !== undefined;
  if (interest.on === "device")
    return event.type === "topic" && selectsDevice(interest.devices, event.device?.id);
  return interest.on === event.type;
}

function topicEvent(given: VirtualPublish, nowMs: number): TopicEvent {
  const raw = rawPayload(given.payload);
  return {
    type: "topic",
    topic: given.topic,
    levels: given.topic.split("/"),
    qos: given.qos ?? 0,
    retain: given.retain ?? given.initial ?? false,
    initial: given.initial ?? false,
    seenAt: nowMs,
    device: given.device === undefined ? undefined : { id: given.device, name: given.device },
    cause: given.cause,
    hops: given.hops ?? 0,
    size: raw.size,
    decode: (mode) => decodePayload(raw, mode),
  };
}

/** The rows that a store would hold. */
function rowsOf(state: FlowState) {
  const slots = [...state.nodes].flatMap(([node, keys]) =>
    [...keys].map(([key, slot]) => ({ node, key, slot })),
  );
  return {
    states: slots.map(({ node, key, slot }) => ({ node, key, value: slot.state })),
    timers: slots.flatMap(({ slot }) =>
      [...(slot.timers?.values() ?? [])].filter(({ dueAt }) => dueAt !== Infinity),
    ),
  };
}
