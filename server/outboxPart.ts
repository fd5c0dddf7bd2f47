import type { ApiParts } from "./api/api.ts";
import type { OutboxItem } from "./api/contract.ts";
import type { Audit } from "./audit.ts";
import type { HubParts } from "./hubParts.ts";
import type { OutboxEntry } from "./store/store.ts";

/** The outbox for the API: what waits, what was given up, and a second try for it. */
export function outboxPart(
  { store, outbox }: Pick<HubParts, "store" | "outbox">,
  audit: Audit,
): ApiParts["outbox"] {
  const act = async (id: string, on: (seq: number) => Promise<boolean>): Promise<boolean> => {
    const seq = Number(id);
    if (!Number.isSafeInteger(seq)) return false;
    return on(seq);
  };
  return {
    list({ state = "pending", ...page }) {
      const { items, nextCursor } = store.outbox.list({ state, ...page });
      return {
        items: items.map((entry) => outboxItem(entry)),
        ...(nextCursor !== null && { next: nextCursor }),
      };
    },
    retry: (id, by) => audit(by, "outbox.retry", id, () => act(id, outbox.revive)),
    discard: (id, by) => audit(by, "outbox.discard", id, () => act(id, outbox.discard)),
  };
}

/** An item goes by its number here: the id of the effect is long, and means something only to the receiver. */
function outboxItem({
  id: key,
  nextAt,
  diedAt,
  run: _run,
  orderKey: _order,
  body: _body,
  ...entry
}: OutboxEntry): OutboxItem {
  return { ...entry, id: String(entry.seq), key, nextAt: nextAt ?? diedAt ?? entry.createdAt };
}
