import type { Performer } from "./outbox.ts";
import type { OutboxRow } from "./outboxStore.ts";
import type { Outcome } from "./outcome.ts";
import type { Connect } from "./connect.ts";

/** Carries out effects of kind `http`: the body of the row is the effect, its id the idempotency key. */
export function createHttpPerformer(connect: Pick<Connect, "deliver">): Performer {
  return async (row, signal): Promise<Outcome> => {
    const { method, url, headers, body, timeoutMs } = asRecord(row);
    if (typeof url !== "string" || typeof method !== "string")
      return { outcome: "refused", reason: "invalid", error: "The web call has no address or no method." };
    return connect.deliver({
      method,
      url,
      headers: { ...textRecord(headers), "idempotency-key": row.id },
      signal,
      ...(typeof body === "string" && { body }),
      ...(typeof timeoutMs === "number" && { timeoutMs }),
    });
  };
}

function asRecord({ body }: OutboxRow): Record<string, unknown> {
  return typeof body === "object" && body !== null ? { ...body } : {};
}

function textRecord(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) =>
      typeof text === "string" ? [[name.toLowerCase(), text]] : [],
    ),
  );
}
