import type { ConnectPacket } from "aedes";
import type { ConnectRequest } from "./peer.ts";

/** MQTT 3.1 has no empty client id, and no invented one. */
const OLD_LEVEL = 3;

/** What a CONNECT asks for; `clientId` is the id it goes by, which aedes invents for an empty one. */
export function connectRequest(
  packet: ConnectPacket | undefined,
  { clientId, username, password }: Pick<ConnectRequest, "clientId" | "username" | "password">,
): ConnectRequest {
  const isPersistent = packet?.clean === false;
  return {
    clientId,
    isPersistent,
    // A client that wants its session back could never name an invented id.
    hasValidId: packet?.clientId !== "" || (!isPersistent && packet.protocolVersion !== OLD_LEVEL),
    keepAliveS: packet?.keepalive ?? 0,
    version: packet?.protocolVersion ?? 0,
    username,
    password,
    will: packet?.will,
  };
}
