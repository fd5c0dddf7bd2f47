import type { Access, Identity } from "./broker/broker.ts";
import { isTokenOf } from "./devices/deviceToken.ts";
import type { Devices } from "./devices/devices.ts";

/** Lets devices into the broker: the user name is the id of a device, the password its token. */
export function createMqttAccess({
  devices,
  attempt,
}: {
  readonly devices: Pick<Devices, "credentialOf">;
  /** Throws when this name or address has tried too often; the answer is called on success. */
  readonly attempt: (who: { readonly name: string; readonly address: string }) => {
    readonly succeed: () => void;
  };
}): Access {
  function identityOf(user: string | undefined): Identity | undefined {
    const credential = devices.credentialOf(user);
    return credential && { user: credential.device.id, rules: credential.rules };
  }

  return {
    async authenticate({ username, password, address }) {
      const credential = devices.credentialOf(username);
      if (credential !== undefined && password !== undefined && isTokenOf(credential.tokenHash, password))
        return { user: credential.device.id, rules: credential.rules };
      try {
        attempt({ name: `mqtt ${username ?? ""}`, address });
      } catch {
        return { refused: "unavailable", reason: "tried-too-often" };
      }
      if (username === undefined) return { refused: "credentials", reason: "no-credentials" };
      return {
        refused: "credentials",
        reason: credential === undefined ? "unknown-device" : "wrong-password",
      };
    },
    current: (user) => identityOf(user),
  };
}
