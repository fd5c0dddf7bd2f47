/** Every code a node or a run may fail with, and what the user should know about it. The docs list this table. */
export const errorCodes = {
  "payload.not-decodable": "The payload cannot be read in the way the trigger was told to read it.",
  "duration.invalid": "A computed duration is missing, negative, or longer than 400 days.",
  "topic.invalid": "A computed topic is empty, has an empty level from a missing field, or holds a wildcard.",
  "url.invalid": "A computed web address is not a valid http or https address.",
  "rule.failed": "A rule failed while it ran.",
  "effect.failed": "An action could not be carried out; the message says why.",
  "limit.fanout": "One event caused more node deliveries or messages than a run may make.",
  "limit.effects": "One event caused more actions than a run may make.",
  "limit.size": "An action or a text is larger than allowed.",
  "limit.state": "A node would keep more state, or more keys, than allowed.",
  "limit.timers": "The flow waits for more deadlines than allowed.",
  "limit.steps": "The rules of one run took more steps than allowed.",
  "limit.hops": "Flows publish to each other in a loop.",
  "node.crashed": "The node has a defect; this is a bug in Millrace.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * A node refuses a message, or a run breaks a limit. The engine adds flow and node. A code `limit.*` ends the whole
 * run, without state change or effect; any other ends only this branch, and the message leaves at the port `error`.
 */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
