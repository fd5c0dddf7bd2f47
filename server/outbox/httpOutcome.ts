import type { HttpReply } from "./httpExchange.ts";
import { OutboundError } from "./outboundError.ts";
import type { Outcome } from "./outcome.ts";
import { retryAfterMs } from "./retryAfter.ts";

/** Answers that a later attempt may change: too early, too much, or the server's own trouble. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
/** Of a body, so much is kept for the traces. */
const SHOWN_LENGTH = 1_024;

/** Turns the answer to a request, or its failure, into an outcome for the outbox; never rejects. */
export async function outcomeOf(request: () => Promise<HttpReply>, now: () => number): Promise<Outcome> {
  let reply: HttpReply;
  try {
    reply = await request();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return error instanceof OutboundError && error.code === "policy"
      ? { outcome: "refused", reason: "policy", error: text }
      : { outcome: "retry", error: text };
  }
  const { status } = reply;
  const answer = { status, body: reply.body.slice(0, SHOWN_LENGTH) };
  if (status >= 200 && status < 300) return { outcome: "delivered", ...answer };
  if (PASSING.has(status) || status >= 500) {
    const waitMs = retryAfterMs(reply.headers["retry-after"], now());
    const error = `The server answered ${status}.`;
    return { outcome: "retry", error, ...answer, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
  }
  const redirected = status >= 300 && status < 400;
  const error = redirected
    ? `The server answered ${status} and points elsewhere; redirects are not followed.`
    : `The server answered ${status}.`;
  return { outcome: "refused", reason: "refused", error, ...answer };
}
