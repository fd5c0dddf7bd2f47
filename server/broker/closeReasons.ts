import type { CloseCause } from "./peer.ts";

/** An error that ends a connection and is counted under a word of its own. */
export function endingError(refusal: string, sentence: string): Error {
  return Object.assign(new Error(sentence), { refusal });
}

/** Whose fault an error is: those of the socket carry a code of the operating system, those of the protocol do not. */
export function causeOf(error: Error): CloseCause {
  // Errors of the WebSocket layer carry codes too, but it is the client that broke a rule of RFC 6455.
  if ("code" in error) return String(error.code).startsWith("WS_ERR_") ? "protocol" : "socket";
  if (error.message === "drain timeout") return "slow";
  return "protocol";
}

/** The word to count an ended connection under; `undefined` when nobody broke a rule, or it is counted already. */
export function refusalReason(error: Error, cause: CloseCause | undefined): string | undefined {
  // A CONNACK refused it: the hook has counted that.
  if ("errorCode" in error) return undefined;
  if ("refusal" in error && typeof error.refusal === "string") return error.refusal;
  if (error.message === "connect did not arrive in time") return "connect-timeout";
  if (error.message === "Client queue limit reached") return "packets-behind-connect";
  return cause === "protocol" || cause === "slow" ? cause : undefined;
}
