import { ownsClientId, type Access, type Credentials, type Identity } from "./access.ts";
import { compileAcl, type Acl } from "./acl.ts";
import type { Counters } from "./counters.ts";
import { isPlainText, textBounds } from "./filters.ts";
import type { BrokerLimits } from "./limits.ts";
import type { ConnackCode, ConnectRequest } from "./peer.ts";
import type { Sessions } from "./sessions.ts";

/** A client that may come in. */
export interface Candidate {
  readonly request: ConnectRequest;
  readonly identity: Identity;
  readonly acl: Acl;
}

/** Whether a CONNECT is accepted; the reason is a fixed word. */
export type Verdict =
  | { readonly candidate: Candidate }
  | { readonly code: Exclude<ConnackCode, 0>; readonly reason: string };

/** What decides. */
export interface AdmissionOptions {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly limits: BrokerLimits;
  readonly counters: Counters;
}

const CODES = { credentials: 4, "not-allowed": 5, unavailable: 3 } as const;

/** Decides about a CONNECT: name, credentials, ownership of the client id, rules, Last Will. */
export function createAdmission({ access, sessions, limits, counters }: AdmissionOptions) {
  const bounds = textBounds(limits);
  return async (credentials: Credentials, request: ConnectRequest): Promise<Verdict> => {
    const { clientId, will } = request;
    if (!request.hasValidId || !isPlainText(clientId, limits.clientIdBytes)) {
      return { code: 2, reason: "client-id" };
    }
    // Longer than any name there is: not worth a look-up.
    if (Buffer.byteLength(request.username ?? "") > limits.userNameBytes)
      return { code: 4, reason: "user-name" };
    const identity = await access.authenticate(credentials);
    if ("refused" in identity) return { code: CODES[identity.refused], reason: identity.reason };
    if (!ownsClientId(identity, clientId)) return { code: 5, reason: "client-id-of-other-user" };
    const owner = sessions.get(clientId);
    if (owner !== undefined && owner.user !== identity.user) return { code: 5, reason: "client-id-taken" };
    const acl = compileAcl(identity.rules, { user: identity.user, clientId }, bounds);
    if (acl === undefined) return { code: 5, reason: "name-in-rule" };
    if (will !== undefined && !acl.mayPublish(will.topic)) {
      counters.denied.will++;
      return { code: 5, reason: "will-topic" };
    }
    return { candidate: { request, identity, acl } };
  };
}
