import { createServer, type Server } from "node:https";
import { afterEach, describe, expect, it } from "vitest";
import { createConnect } from "./connect.ts";

/** Made for this test, valid for inner.example and 127.0.0.1; it opens nothing anywhere else. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBqDCCAU+gAwIBAgIUYJ97wGF64sX66alI85rpmjcl5O4wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOTWlsbHJhY2UgdGVzdHMwIBcNMjYxMTIwMTEzMzQ1WhgPMjEy
NjEwMjcxMTMzNDVaMBkxFzAVBgNVBAMMDk1pbGxyYWNlIHRlc3RzMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAExa1qWDxrPCn+T1B+4ou59ugSxdBRP7oV5LWK5uMO
hiFnn2jp5/tAPclzRRBAaPjVux1WKjOMwVy4vlN2hq6jtKNzMHEwHQYDVR0OBBYE
FIV2SplDGb+p9zM2egN/Gd7FWwMOMB8GA1UdIwQYMBaAFIV2SplDGb+p9zM2egN/
Gd7FWwMOMA8GA1UdEwEB/wQFMAMBAf8wHgYDVR0RBBcwFYINaW5uZXIuZXhhbXBs
ZYcEfwAAATAKBggqhkjOPQQDAgNHADBEAiBkrlgnbNh1zPrZ8Vo3awlyUTbB5oow
sUVMzQDxHEg5KgIgEQWgTKtAg1Zl0rmNLHaHDVpaQbsYWzKcynHz+jbnAT4=
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghqh2Qef1TQ/j1LqM
74YJ4FmYj9vT+uEtFzX0Pk6HYt6hRANCAATFrWpYPGs8Kf5PUH7ii7n26BLF0FE/
uhXktYrm4w6GIWefaOnn+0A9yXNFEEBo+NW7HVYqM4zBXLi+U3aGrqO0
-----END PRIVATE KEY-----
`;

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe("connect: TLS", () => {
  it("asks for the name it was given, and checks the certificate against it", async () => {
    const { port, names } = await serve();
    const reply = await connectTo(port).request({ method: "GET", url: `https://inner.example:${port}/` });
    expect(reply).toMatchObject({ status: 200, body: `inner.example:${port}` });
    expect(names).toEqual(["inner.example"]);
  });

  it("checks the certificate of an address too, without asking for a name", async () => {
    const { port, names } = await serve();
    const reply = await connectTo(port).request({ method: "GET", url: `https://127.0.0.1:${port}/` });
    expect(reply.status).toBe(200);
    expect(names).toEqual([false]);
  });

  it("refuses a certificate of another name, and one that nobody trusts", async () => {
    const { port } = await serve();
    await expect(
      connectTo(port).request({ method: "GET", url: `https://other.example:${port}/` }),
    ).rejects.toMatchObject({ code: "unreachable" });
    await expect(
      connectTo(port, []).request({ method: "GET", url: `https://inner.example:${port}/` }),
    ).rejects.toMatchObject({ code: "unreachable" });
  });
});

function connectTo(port: number, trusted = [certificate]) {
  const hosts = ["inner.example", "other.example", "127.0.0.1"];
  return createConnect({
    rules: () => ({ allow: [], allowLoopback: hosts.map((host) => `${host}:${port}`) }),
    now: () => 0,
    trusted,
    resolve: async () => ["127.0.0.1"],
    ownAddresses: () => [],
  });
}

async function serve() {
  const names: (string | false | undefined)[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    response.end(request.headers.host);
  });
  server.on("secureConnection", (socket) => {
    names.push(servernameOf(socket));
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, names };
}

function servernameOf(socket: object): string | false | undefined {
  const name: unknown = "servername" in socket ? socket.servername : undefined;
  return typeof name === "string" || name === false ? name : undefined;
}
