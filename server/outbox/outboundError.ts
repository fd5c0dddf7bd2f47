/**
 * Why a connection or a request did not come about. `policy` is final: the target is not allowed, and no socket was
 * opened. The others may pass.
 */
export type OutboundErrorCode = "policy" | "unreachable" | "timeout" | "protocol";

/** An outbound connection or request failed, told in one sentence. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly code: OutboundErrorCode;

  constructor(code: OutboundErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
