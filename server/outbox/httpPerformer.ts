import type { Performer } from "./performer.ts";
import type { OutboxRow } from "./outboxStore.ts";
import type { Outcome } from "./outcome.ts";
import type { Connect, OutboundRequest } from "./connect.ts";
import { OutboundError } from "./outboundError.ts";

/** Of an answer that a node asked for, so much becomes its payload. */
const ASKED_LENGTH_MAX = 256 * 1024;

/** Carries out effects of kind `http`: the body of the row is the effect, its id the idempotency key. */
export function createHttpPerformer(connect: Pick<Connect, "deliver" | "request">): Performer {
  return async (row, signal): Promise<Outcome> => {
    const { method, url, headers, body, timeoutMs, ask } = asRecord(row);
    if (typeof url !== "string" || typeof method !== "string")
      return { outcome: "refused", reason: "invalid", error: "The web call has no address or no method." };
    const request = {
      method,
      url,
      headers: { ...textRecord(headers), "idempotency-key": row.id },
      signal,
      ...(typeof body === "string" && { body }),
      ...(typeof timeoutMs === "number" && { timeoutMs }),
    };
    return ask === true ? asked(connect, request) : connect.deliver(request);
  };
}

/** A node waits for this answer: any status is one, and a late success would help nobody. */
async function asked(connect: Pick<Connect, "request">, request: OutboundRequest): Promise<Outcome> {
  try {
    const { status, body } = await connect.request(request);
    return { outcome: "delivered", status, body: body.slice(0, ASKED_LENGTH_MAX) };
  } catch (error) {
    const isPolicy = error instanceof OutboundError && error.code === "policy";
    const text = error instanceof Error ? error.message : String(error);
    return { outcome: "refused", reason: isPolicy ? "policy" : "no-answer", error: text };
  }
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
