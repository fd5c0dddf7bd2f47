import type { Access, Credentials, Identity, Refusal, Way } from "./broker/broker.ts";
import type { Certificates } from "./certificates/certificates.ts";
import { isTokenOf } from "./devices/deviceToken.ts";
import type { Devices } from "./devices/devices.ts";
import type { AnonymousPlace } from "./settings.ts";

/** Who decides about clients. */
export interface MqttAccessParts {
  readonly devices: Pick<Devices, "credentialOf" | "identityOf" | "ownerOf">;
  readonly certificates: Pick<Certificates, "verdict" | "hasValid">;
  /** Throws when this name or address has tried too often; the answer is called on success. */
  readonly attempt: (who: { readonly name: string; readonly address: string }) => {
    readonly succeed: () => void;
  };
  /** Where clients get in without a credential, and to which topics. */
  readonly settings: {
    readonly anonymous: readonly AnonymousPlace[];
    readonly anonymousTopics: readonly string[];
    /** Another authority, whose certificates are not written down here. */
    readonly tlsCa: string | undefined;
  };
}

/**
 * Lets devices into the broker: the user is the id of a device. A certificate tells whose it is; without one the user
 * name does, with the token of the device as password.
 */
export function createMqttAccess(parts: MqttAccessParts): Access {
  const { devices, certificates, attempt, settings } = parts;
  const anonymousRules = settings.anonymousTopics.map(
    (filter) => ({ effect: "allow", action: "both", filter }) as const,
  );

  function identityOf(user: string | undefined): Identity | undefined {
    const known = user === undefined ? undefined : devices.identityOf(user);
    return known && { user: known.device.id, rules: known.rules };
  }

  function byCertificate({ certificate, username }: Credentials): Identity | Refusal | undefined {
    const verdict = certificate && certificates.verdict(certificate);
    if (verdict === undefined) return undefined;
    if ("refused" in verdict) return { refused: "not-allowed", reason: verdict.refused };
    // Two names at once: the client is set up for another device than the one whose certificate it has.
    if (username !== undefined && username !== verdict.device)
      return { refused: "not-allowed", reason: "certificate-of-other-user" };
    return identityOf(verdict.device);
  }

  function byPassword(credentials: Credentials): Identity | Refusal {
    const { username, password, address, certificateProblem } = credentials;
    const credential = devices.credentialOf(username);
    if (credential !== undefined && password !== undefined && isTokenOf(credential.tokenHash, password))
      return { user: credential.device.id, rules: credential.rules };
    try {
      attempt({ name: `mqtt ${username ?? ""}`, address });
    } catch {
      return { refused: "unavailable", reason: "tried-too-often" };
    }
    if (certificateProblem !== undefined && password === undefined)
      return { refused: "not-allowed", reason: certificateProblem };
    if (username === undefined) return { refused: "credentials", reason: "no-credentials" };
    return {
      refused: "credentials",
      reason: credential === undefined ? "unknown-device" : "wrong-password",
    };
  }

  function isAnonymousAt({ listener, address }: Way): boolean {
    const isHere = address === "::1" || address.startsWith("127.");
    return settings.anonymous.some((place) => place === listener || (place === "loopback" && isHere));
  }

  /** An offer of nothing at all; whoever shows something must show the right thing. */
  function isAnonymous(credentials: Credentials): boolean {
    const { username, password, certificate, certificateProblem } = credentials;
    const shown = username ?? password ?? certificate ?? certificateProblem;
    return shown === undefined && isAnonymousAt(credentials);
  }

  /** Nobody knows which certificates another authority has issued. */
  function mayComeWithCertificate(user: string): boolean {
    return certificates.hasValid(user) || settings.tlsCa !== undefined;
  }

  return {
    async authenticate(credentials) {
      const anonymous = isAnonymous(credentials) ? { user: undefined, rules: anonymousRules } : undefined;
      const identity = byCertificate(credentials) ?? anonymous ?? byPassword(credentials);
      if ("refused" in identity) return identity;
      const owner = devices.ownerOf(credentials.clientId);
      return owner === undefined || owner === identity.user
        ? identity
        : { refused: "not-allowed", reason: "client-id-of-other-user" };
    },
    current(user, _clientId, way) {
      if (user === undefined) {
        const isStillOpen = way === undefined ? settings.anonymous.length > 0 : isAnonymousAt(way);
        return isStillOpen ? { user, rules: anonymousRules } : undefined;
      }
      const verdict = way?.certificate && certificates.verdict(way.certificate);
      const isIn =
        verdict === undefined
          ? devices.credentialOf(user) !== undefined || (way === undefined && mayComeWithCertificate(user))
          : "device" in verdict && verdict.device === user;
      return isIn ? identityOf(user) : undefined;
    },
  };
}
