import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiLog } from "./parts.ts";

/**
 * Lets a server listen on another address with its port, for instance when the set-up opens the hub to the network.
 * Where the new address cannot be had, the old one stays, and the log says so.
 */
export function moveListener(server: Server, host: string, log: ApiLog): void {
  const { address: before, port } = server.address() as AddressInfo;
  if (before === host) return;
  // Only what is open keeps it from being closed for good, and its handle is free at once.
  server.close();
  const onError = (error: Error) => {
    log.error(
      { err: error, host, port },
      "The hub cannot listen on the address that was chosen; it keeps the one before.",
    );
    server.listen({ host: before, port });
  };
  server.once("error", onError);
  server.once("listening", () => server.off("error", onError));
  server.listen({ host, port });
}
