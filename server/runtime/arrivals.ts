import { runEvent } from "#flows/engine/run.ts";
import type { ProgramNode } from "#flows/engine/program.ts";
import type { TopicEvent } from "#flows/node.ts";
import type { Clock } from "./clock.ts";
import type { Committer } from "./committer.ts";
import type { DeployedFlow } from "./deployedFlow.ts";
import { evaluateJournaled } from "./journaled.ts";
import type { Replay, RuntimeArrival, RuntimeParts } from "./parts.ts";
import { type Listeners, type Router, topicEvent } from "./router.ts";
import type { RunCause, Runner } from "./runner.ts";

/** Takes messages through the flows that listen to them. */
export interface Arrivals {
  /** Some flow listens to what this client says on this topic. */
  awaits(message: Pick<RuntimeArrival, "topic" | "clientId" | "user">): boolean;
  evaluate(arrival: RuntimeArrival): void;
  /** Evaluates a message of the time before a restart; deadlines that were due when it came go first. */
  replay(replay: Replay): void;
  counts(): { readonly journaled: number; readonly replayed: number };
}

type ArrivalsParts = Pick<RuntimeParts, "deviceOf" | "now"> & {
  readonly router: Router;
  readonly runner: Runner;
  readonly committer: Committer;
  readonly clock: Clock;
};

const NOBODY: readonly string[] = [];

/** Nothing has arrived yet. */
export function createArrivals({ router, runner, committer, clock, deviceOf, now }: ArrivalsParts): Arrivals {
  const counts = { journaled: 0, replayed: 0 };

  /** The device of a message is only asked for early where it decides who listens. */
  function speakerOf({ topic, clientId, user }: Pick<RuntimeArrival, "topic" | "clientId" | "user">) {
    return router.listensToDevices() ? deviceOf(topic, clientId, user) : undefined;
  }

  function evaluate(arrival: RuntimeArrival, done: readonly string[], atMs: number): void {
    const { topic, payload, qos, retain, seenAt, clientId, user, origin, journalId } = arrival;
    const speaker = speakerOf(arrival);
    const { levels, listeners } = router.routeOf(topic, speaker?.id);
    if (journalId !== undefined) counts[arrival.replayed === true ? "replayed" : "journaled"]++;
    if (listeners.length === 0) {
      if (journalId !== undefined) committer.consumeSoon(journalId);
      return;
    }
    clock.fireDue(atMs);
    const device = speaker ?? deviceOf(topic, clientId, user);
    const event = topicEvent({ topic, payload, qos, retain, initial: false, seenAt, device, origin }, levels);
    const trigger = arrival.replayed === true ? `${topic} (replayed)` : topic;
    const cause = { eventId: journalId ?? runner.nextEventId(), trigger, bytes: payload.length };
    if (journalId === undefined) {
      for (const entry of listeners) runIn(entry, event, cause);
      return;
    }
    evaluateJournaled(committer, {
      journalId,
      listeners: listeners.filter(({ flow }) => !done.includes(flow.id)),
      run: (entry) => runIn(entry, event, cause),
    });
  }

  function runIn({ flow, nodes }: Listeners, event: TopicEvent, cause: RunCause): void {
    runner.run(flow, cause, (input) => runEvent(input, event, present(flow, nodes, event)));
  }

  /** A message that waited for a deploy goes to the triggers of the new version, which may listen to other topics. */
  function present(
    flow: DeployedFlow,
    nodes: readonly ProgramNode[],
    event: TopicEvent,
  ): readonly ProgramNode[] {
    if (nodes.every((node) => flow.program.nodes.get(node.id) === node)) return nodes;
    const { listeners } = router.routeOf(event.topic, event.device?.id);
    return listeners.find((entry) => entry.flow === flow)?.nodes ?? [];
  }

  return {
    awaits: (message) => router.routeOf(message.topic, speakerOf(message)?.id).listeners.length > 0,
    evaluate(arrival) {
      evaluate(arrival, NOBODY, now());
      clock.look();
    },
    replay: ({ arrival, done }) => evaluate(arrival, done, arrival.seenAt),
    counts: () => counts,
  };
}
