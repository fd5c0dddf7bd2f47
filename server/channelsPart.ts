import type { ApiParts } from "./api/api.ts";
import type { ChannelSummary } from "./api/contract.ts";
import type { Audit } from "./audit.ts";
import type { ChannelAnswer } from "./channels/channels.ts";
import type { HubParts } from "./hubParts.ts";
import { refusal, refusedAs } from "./refusal.ts";
import type { Store } from "./store/store.ts";

/** Rows of the outbox that are counted for the list of channels. */
const COUNTED_ROWS = 500;

/** Channels for the API, with what waits for each. */
export function channelsPart(
  { channels, outbox, store }: Pick<HubParts, "channels" | "outbox" | "store">,
  audit: Audit,
): ApiParts["channels"] {
  const summaries = (): ChannelSummary[] => {
    const waiting = countByTarget(store, "pending");
    const dead = countByTarget(store, "dead");
    return channels.list().map((channel) => ({
      ...channel,
      pending: waiting.get(channel.id) ?? 0,
      dead: dead.get(channel.id) ?? 0,
    }));
  };
  const summary = (answer: ChannelAnswer | undefined, id: string): ChannelSummary => {
    if (answer === undefined) throw refusal("channel.unknown", `There is no channel "${id}".`);
    if (!answer.ok) throw refusedAs("channel", "The channel was not saved.", answer.problems);
    return summaries().find((one) => one.id === answer.channel.id)!;
  };
  return {
    list: summaries,
    kinds: () => channels.kinds,
    add: (request, by) =>
      audit(by, "channels.add", request.name, async () =>
        summary(await channels.create(request), request.id ?? ""),
      ),
    change: (id, request, by) =>
      audit(by, "channels.change", id, async () => {
        const changed = summary(await channels.update(id, request), id);
        outbox.poke();
        return changed;
      }),
    remove: (id, by) => audit(by, "channels.remove", id, () => channels.remove(id)),
    async test(id) {
      const outcome = await channels.test(id);
      return outcome.outcome === "delivered" ? { ok: true } : { ok: false, error: outcome.error };
    },
  };
}

function countByTarget(store: Store, state: "pending" | "dead"): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { target } of store.outbox.list({ state, limit: COUNTED_ROWS }).items)
    counts.set(target, (counts.get(target) ?? 0) + 1);
  return counts;
}
