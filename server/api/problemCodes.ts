interface CodeMeaning {
  readonly status: number;
  readonly meaning: string;
}

/** Every code the API answers with; the documentation prints this table. */
export const problemCodes = {
  "hub.not-set-up": {
    status: 503,
    meaning: "Nobody administrates this hub yet; open its set-up link first.",
  },
  "hub.failed": { status: 500, meaning: "The hub has a defect; its log says more." },
  "hub.stopping": { status: 503, meaning: "The hub is shutting down." },
  "route.unknown": { status: 404, meaning: "There is nothing at this address." },
  "route.method": { status: 405, meaning: "The address exists, but not with this method." },
  "request.malformed": {
    status: 400,
    meaning: "The request is not valid HTTP, or its address cannot be read.",
  },
  "request.url-too-long": { status: 414, meaning: "The address has more than 2 KiB." },
  "request.invalid": {
    status: 400,
    meaning: "The body, the query or the path breaks the schema of the route; `problems` lists all.",
  },
  "request.origin": { status: 403, meaning: "The request comes from a page of another site." },
  "request.header-missing": {
    status: 403,
    meaning: "A change by session cookie lacks the header `X-Millrace: 1`.",
  },
  "request.if-match-missing": {
    status: 428,
    meaning: "The change must name the revision it is based on in `If-Match`.",
  },
  "request.too-fast": {
    status: 429,
    meaning: "More than 50 requests a second, or 200 at once; `Retry-After` tells when to go on.",
  },
  "body.not-json": { status: 415, meaning: "A body must be sent as `application/json`." },
  "body.malformed": { status: 400, meaning: "The body is not valid JSON in UTF-8." },
  "body.too-large": { status: 413, meaning: "The body has more than 1 MiB." },
  "body.too-deep": { status: 400, meaning: "The body is nested more than 32 levels deep." },
  "body.unsafe-key": {
    status: 400,
    meaning: "The body has a key `__proto__`, or `prototype` in `constructor`.",
  },
  "auth.required": { status: 401, meaning: "Nobody is signed in, or the session is over." },
  "auth.token-wrong": { status: 401, meaning: "The token is unknown or was revoked." },
  "auth.token-expired": { status: 401, meaning: "The token has expired." },
  "auth.scope": { status: 403, meaning: "The token lacks the scope of this route." },
  "auth.role": { status: 403, meaning: "The user's role does not reach so far." },
  "auth.wrong": { status: 401, meaning: "Name or password is wrong." },
  "auth.throttled": { status: 429, meaning: "Too many wrong passwords; `Retry-After` tells when to go on." },
  "setup.token-wrong": { status: 403, meaning: "The set-up token is wrong, spent or expired." },
  "setup.done": { status: 409, meaning: "The hub has been set up already." },
  "flow.unknown": { status: 404, meaning: "There is no flow of this id." },
  "flow.exists": { status: 409, meaning: "There is a flow of this id already." },
  "flow.stale": {
    status: 412,
    meaning: "Somebody else has saved since; `revision` is the one stored now. Nothing was changed.",
  },
  "flow.invalid": { status: 422, meaning: "The flow has errors; `problems` lists them." },
  "flow.not-deployed": { status: 409, meaning: "The flow has never been deployed." },
  "flow.version-unknown": { status: 404, meaning: "The flow has no such version." },
  "node.unknown": { status: 404, meaning: "The deployed flow has no inject node of this id." },
  "run.unknown": { status: 404, meaning: "There is no run of this id, or it is no longer kept." },
  "template.unknown": { status: 404, meaning: "There is no template of this id." },
  "device.unknown": { status: 404, meaning: "There is no device of this id." },
  "device.exists": { status: 409, meaning: "There is a device of this id already." },
  "client.unknown": { status: 404, meaning: "No client of this id is connected or has a session." },
  "client.offline": { status: 409, meaning: "The client is not connected." },
  "trace.unknown": { status: 404, meaning: "There is no trace of this id." },
  "trace.invalid": { status: 422, meaning: "A trace follows one client or one topic filter, not both." },
  "trace.too-many": { status: 409, meaning: "Three traces run already; end one of them first." },
  "certificate.unknown": {
    status: 404,
    meaning: "The hub serves nothing over TLS, or nothing need be trusted.",
  },
  "certificate.unusable": {
    status: 503,
    meaning: "The files of the hub's own authority cannot be used; the sentence names the file.",
  },
  "certificate.invalid": { status: 422, meaning: "The fingerprint is none." },
  "certificate.too-many": { status: 409, meaning: "The device has too many certificates in force." },
  "topic.filter": { status: 422, meaning: "The topic filter is not valid." },
  "topic.invalid": { status: 422, meaning: "The topic is not valid." },
  "channel.unknown": { status: 404, meaning: "There is no channel of this id." },
  "channel.exists": { status: 409, meaning: "There is a channel of this id already." },
  "channel.invalid": { status: 422, meaning: "The settings of the channel have errors." },
  "outbox.unknown": { status: 404, meaning: "There is no such item in the outbox; it may have been sent." },
  "notification.unknown": { status: 404, meaning: "There is no notification of this id." },
  "user.exists": { status: 409, meaning: "There is a user of this name already." },
  "user.invalid": { status: 422, meaning: "The name or the password is not acceptable." },
  "token.unknown": { status: 404, meaning: "There is no token of this id." },
  "live.upgrade": { status: 426, meaning: "This address speaks WebSocket only." },
  "live.too-many": { status: 429, meaning: "The session has five live connections open already." },
  "store.overloaded": { status: 503, meaning: "More waits to be written than the disk keeps up with." },
  "store.disk-full": { status: 507, meaning: "The disk of the hub is full." },
  "store.failed": { status: 503, meaning: "The disk of the hub reported an error." },
  "store.closed": { status: 503, meaning: "The hub is shutting down." },
  "store.rejected": { status: 409, meaning: "The change contradicts what is stored; nothing was written." },
} as const satisfies Readonly<Record<string, CodeMeaning>>;

export type ProblemCode = keyof typeof problemCodes;

/** Codes of parts that are not in the table follow a convention: their last word decides. */
const statusByEnding: Readonly<Record<string, number>> = {
  unknown: 404,
  exists: 409,
  taken: 409,
  "in-use": 409,
  "too-many": 409,
  stale: 412,
  invalid: 422,
  weak: 422,
  denied: 403,
  throttled: 429,
};

/** The status of a code; `undefined` for one that nobody means for the caller. */
export function statusOf(code: string): number | undefined {
  const known: Readonly<Record<string, CodeMeaning>> = problemCodes;
  if (Object.hasOwn(known, code)) return known[code]?.status;
  return statusByEnding[code.slice(code.lastIndexOf(".") + 1)];
}
