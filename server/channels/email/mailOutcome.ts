import type { DeliveryOutcome } from "../channelKind.ts";

/** Sends a mail and says what a failure means. */
export async function mailOutcome(host: string, send: () => Promise<void>): Promise<DeliveryOutcome> {
  try {
    await send();
    return { outcome: "delivered" };
  } catch (error) {
    return failure(error, host);
  }
}

function failure(error: unknown, host: string): DeliveryOutcome {
  const code = fieldOf(error, "code");
  const status = fieldOf(error, "responseCode");
  const text = error instanceof Error ? firstLine(error.message) : String(error);
  const known = typeof status === "number" ? { status } : {};
  if (code === "policy") return { outcome: "refused", reason: "policy", error: text };
  if (typeof status === "number" && status >= 500)
    return {
      outcome: "refused",
      reason: code === "EAUTH" ? "auth" : "refused",
      error: `${host} refused the mail: ${text}`,
      ...known,
    };
  // A certificate that does not fit is a setting to mend; a handshake that broke off may pass.
  if (code === "ETLS" && /certificate|self.signed|altname/i.test(text))
    return { outcome: "refused", reason: "tls", error: `${host} cannot be trusted: ${text}` };
  // 4xx: the server asks to come back later, whatever stage it was at [RFC 5321, 4.2.1].
  if (typeof status !== "number" && (code === "EENVELOPE" || code === "EMESSAGE"))
    return { outcome: "refused", reason: "refused", error: `${host} refused the mail: ${text}`, ...known };
  return { outcome: "retry", error: `The mail could not be given to ${host}: ${text}`, ...known };
}

function fieldOf(error: unknown, name: "code" | "responseCode"): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  return new Map<string, unknown>(Object.entries(error)).get(name) ?? undefined;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
