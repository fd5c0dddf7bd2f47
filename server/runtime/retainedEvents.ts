import type { ProgramNode } from "#flows/engine/program.ts";
import type { TopicEvent } from "#flows/node.ts";
import type { DeployedFlow } from "./deployedFlow.ts";
import type { RuntimeParts } from "./parts.ts";
import { type Router, topicEvent } from "./router.ts";

/** The retained values of all topics that a flow listens to, each once, as initial events (semantics, section 5). */
export function* retainedEvents(
  flow: DeployedFlow,
  router: Router,
  { retained, deviceOf, now }: Pick<RuntimeParts, "retained" | "deviceOf" | "now">,
): Generator<{ readonly event: TopicEvent; readonly nodes: readonly ProgramNode[] }> {
  const filters = flow.program.listens.flatMap(({ interest }) =>
    interest.on === "topic" ? [interest.pattern.filter] : [],
  );
  const seen = new Set<string>();
  for (const filter of new Set(filters))
    for (const { topic, payload, qos } of retained(filter)) {
      const { levels, listeners } = router.routeOf(topic);
      const nodes = listeners.find((entry) => entry.flow === flow)?.nodes;
      if (seen.has(topic) || nodes === undefined) continue;
      seen.add(topic);
      const device = deviceOf(topic, undefined, undefined);
      const source = {
        topic,
        payload,
        qos,
        retain: true,
        initial: true,
        seenAt: now(),
        device,
        origin: undefined,
      };
      yield { event: topicEvent(source, levels), nodes };
    }
}
