import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { IClientOptions } from "mqtt";
import { generate, parser, type Packet } from "mqtt-packet";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTestAuthority, type TestAuthority, type TestPair } from "../../test/pki.ts";
import type { Access, Credentials } from "./access.ts";
import type { BrokerOptions, TlsOptions } from "./broker.ts";
import { everything, happened, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

const DAY_MS = 86_400_000;

let authority: TestAuthority;
let served: TestPair;
let pump: TestPair;
beforeAll(() => {
  authority = createTestAuthority();
  served = serverPair();
  pump = authority.issue({ subject: "pump" });
});

let hub: TestBroker;
let port = 0;
let seen: Credentials[] = [];
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await hub.stop();
});

function serverPair(): TestPair {
  return authority.issue({ use: "server", names: ["localhost", "127.0.0.1"] });
}

/** The certificate tells the user; without one the user name does, with the password "secret". */
const access: Access = {
  async authenticate(credentials) {
    seen.push(credentials);
    const { certificate, certificateProblem, username, password } = credentials;
    const user = certificate?.names[0] ?? (password?.toString() === "secret" ? username : undefined);
    if (user !== undefined) return { user, rules: everything };
    return { refused: "credentials", reason: certificateProblem ?? "no-credentials" };
  },
  current: (user) => ({ user, rules: everything }),
};

async function start(tls: Partial<TlsOptions> = {}, options: Partial<BrokerOptions> = {}): Promise<void> {
  seen = [];
  hub = await startTestBroker({ access, ...options });
  port = await hub.broker.openTls({ host: "127.0.0.1", port: 0 }, material(tls));
}

function material(tls: Partial<TlsOptions> = {}): TlsOptions {
  const { key, cert } = served;
  return { key, cert, ca: [authority.ca], clientCertificates: "optional", ...tls };
}

function over(pair?: TestPair, options: IClientOptions = {}): IClientOptions {
  const shown = pair && { key: pair.key, cert: pair.cert };
  return { protocol: "mqtts", port, ca: authority.ca, ...shown, ...options };
}

/** A socket that speaks TLS and no MQTT yet. */
function rawTls(options: ConnectionOptions = {}): TLSSocket {
  const socket = connectTls({ port, host: "127.0.0.1", ca: authority.ca, ...options });
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

/** Waits for the end of a socket, whatever the reason. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.resume().once("close", () => resolve()));
}

/** Sends a CONNECT and waits for its answer. */
async function connack(socket: TLSSocket, clientId: string): Promise<number> {
  const stream = parser({ protocolVersion: 4 });
  const answered = new Promise<Packet>((resolve) => void stream.on("packet", resolve));
  socket.on("data", (chunk: Buffer) => stream.parse(chunk));
  socket.write(
    generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, clientId, keepalive: 0 }),
  );
  const packet = await answered;
  return packet.cmd === "connack" ? (packet.returnCode ?? -1) : -1;
}

const refused = () => hub.broker.stats().refused;

describe("B32: MQTT over TLS", () => {
  test("lets a client in with its password, and tells it apart from plain MQTT", async () => {
    await start();
    await hub.connect(over(undefined, { username: "lamp", password: "secret", clientId: "lamp" }));
    await hub.connect({ username: "lamp", password: "secret", clientId: "plain" });
    expect(seen).toMatchObject([
      { clientId: "lamp", listener: "mqtts", address: "127.0.0.1" },
      { clientId: "plain", listener: "mqtt", address: "127.0.0.1" },
    ]);
    expect(seen[0]?.certificate).toBeUndefined();
    await expect(hub.connect(over(undefined, { username: "lamp", password: "wrong" }))).rejects.toThrow(
      "Connection refused",
    );
  });

  test("takes who a client is from its certificate", async () => {
    await start();
    await hub.connect(over(pump, { clientId: "p" }));
    expect(hub.changes).toMatchObject([{ clientId: "p", user: "pump", up: true }]);
    expect(seen[0]?.certificate).toMatchObject({ fingerprint: pump.fingerprint, names: ["pump"] });
    expect(seen[0]?.certificate?.expiresAt).toBeGreaterThan(Date.now());
  });

  test("reads the other names before the common name: DNS, then the end of a URI", async () => {
    await start();
    const names = [
      "urn:millrace:device:from-urn",
      "spiffe://plant/device/from-path",
      "from-dns",
      "127.0.0.1",
    ];
    await hub.connect(over(authority.issue({ subject: "from-cn", names })));
    expect(seen[0]?.certificate?.names).toEqual(["from-dns", "from-urn", "from-path", "from-cn"]);
  });

  test("lets nobody be somebody by a name with a comma or a quotation mark", async () => {
    await start();
    const names = ["x, DNS:boiler", 'y", DNS:boiler'];
    await hub.connect(over(authority.issue({ subject: "pump", names })));
    expect(seen[0]?.certificate?.names).toEqual(["pump"]);
  });

  test("counts no certificate that has expired, is of a wrong purpose, or of another authority", async () => {
    await start();
    const impostor = createTestAuthority();
    const bad: Record<string, TestPair> = {
      "certificate-expired": authority.issue({ subject: "pump", from: 0, until: Date.now() - DAY_MS }),
      "certificate-not-yet-valid": authority.issue({
        subject: "pump",
        from: Date.now() + DAY_MS,
        until: Date.now() + 2 * DAY_MS,
      }),
      "certificate-purpose": authority.issue({ subject: "pump", use: "server" }),
      "certificate-untrusted": impostor.issue({ subject: "pump" }),
    };
    for (const [reason, pair] of Object.entries(bad)) {
      await expect(hub.connect(over(pair)), reason).rejects.toThrow("Connection refused");
      expect(seen.at(-1)).toMatchObject({ certificateProblem: reason });
      expect(seen.at(-1)?.certificate).toBeUndefined();
      expect(refused()[reason]).toBe(1);
    }
    // With a password the certificate does not matter.
    await hub.connect(over(bad["certificate-expired"], { username: "pump", password: "secret" }));
  });

  test("takes no certificate of the public authorities, nor asks for one, while it has no authority", async () => {
    await start({ ca: [] });
    await expect(hub.connect(over(pump))).rejects.toThrow("Connection refused");
    expect(seen[0]).not.toHaveProperty("certificate");
    expect(seen[0]).not.toHaveProperty("certificateProblem");
  });

  test("asks for none when certificates are off", async () => {
    await start({ clientCertificates: "off" });
    await expect(hub.connect(over(pump))).rejects.toThrow("Connection refused");
    expect(seen[0]).not.toHaveProperty("certificate");
  });

  test("a listener can demand a certificate: without a good one nobody gets as far as CONNECT", async () => {
    await start({ clientCertificates: "required" });
    await expect(hub.connect(over(undefined, { username: "pump", password: "secret" }))).rejects.toThrow(
      /alert|closed|reset|disconnected/i,
    );
    await expect(hub.connect(over(createTestAuthority().issue({ subject: "pump" })))).rejects.toThrow(
      /alert|closed|reset|disconnected/i,
    );
    await expect.poll(() => refused()["tls"]).toBe(2);
    expect(seen).toEqual([]);
    await hub.connect(over(pump));
  });

  test("a resumed session is still the client of its certificate, and one without still has none", async () => {
    await start();
    for (const pair of [pump, undefined]) {
      seen = [];
      const first = rawTls(pair);
      const sessionCame = once(first, "session") as Promise<[Buffer]>;
      await connack(first, "a");
      const [session] = await sessionCame;
      const second = rawTls({ ...pair, session });
      await connack(second, "b");
      expect(second.isSessionReused()).toBe(true);
      expect(seen.map(({ certificate }) => certificate?.names)).toEqual([pair && ["pump"], pair && ["pump"]]);
    }
  });

  test("speaks TLS 1.2 and 1.3, and nothing older", async () => {
    await start();
    const versions = ["TLSv1.2", "TLSv1.3"] as const;
    for (const version of versions) {
      const socket = rawTls({ minVersion: version, maxVersion: version });
      await once(socket, "secureConnect");
      expect(socket.getProtocol()).toBe(version);
    }
    const old = rawTls({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    await closed(old);
    await expect.poll(() => refused()["tls"]).toBe(1);
  });
});

describe("C12: a client id over TLS", () => {
  test("is taken over by its own user alone; anybody else gets CONNACK 5, and the victim stays", async () => {
    await start();
    const victim = await hub.connect(over(pump, { clientId: "shared" }));
    await expect(
      hub.connect(over(authority.issue({ subject: "thief" }), { clientId: "shared" })),
    ).rejects.toThrow("Not authorized");
    await expect(
      hub.connect(over(undefined, { clientId: "shared", username: "thief", password: "secret" })),
    ).rejects.toThrow("Not authorized");
    expect(victim.connected).toBe(true);
    await hub.connect({ clientId: "shared", username: "pump", password: "secret" });
    expect(hub.changes.at(-1)).toMatchObject({ clientId: "shared", cause: "takeover", user: "pump" });
  });
});

describe("a handshake that fails", () => {
  test("is counted each time, and logged once per address a minute", async () => {
    let at = 0;
    await start({}, { now: () => at });
    const babble = async (): Promise<void> => {
      const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
      socket.write("this is no TLS at all, and never will be\r\n\r\n");
      await closed(socket);
    };
    for (let index = 0; index < 3; index++) await babble();
    expect(refused()["tls"]).toBe(3);
    const lines = () => hub.logged.filter(({ text }) => text.startsWith("A TLS handshake failed."));
    expect(lines()).toHaveLength(1);
    expect(lines()[0]?.details).toMatchObject({ address: "127.0.0.1" });
    at += 60_000;
    await babble();
    expect(lines()).toHaveLength(2);
  });

  test("B29: ends in time when it never goes on, and counts among the unauthenticated until then", async () => {
    await start({}, { limits: { connectMs: 300, connectionsUnauthenticated: 2, connectionsWaiting: 0 } });
    const mute = [1, 2].map(() => connectTcp(port, "127.0.0.1").on("error", () => {}));
    await Promise.all(mute.map((socket) => once(socket, "connect")));
    await expect.poll(() => hub.broker.stats().connections).toBe(2);
    const third = rawTls();
    await closed(third);
    expect(refused()["connections-unauthenticated"]).toBe(1);
    await Promise.all(mute.map((socket) => closed(socket)));
    expect(refused()["tls"]).toBe(2);
    await expect.poll(() => hub.broker.stats().connections).toBe(0);
  });

  test("ends in time also when it goes on one byte at a time", async () => {
    await start({}, { limits: { connectMs: 300 } });
    const slow = connectTcp(port, "127.0.0.1").on("error", () => {});
    slow.write(Buffer.from("1603010200010001fc0303", "hex"));
    const trickle = setInterval(() => slow.write(Buffer.of(1)), 50);
    await closed(slow);
    clearInterval(trickle);
    expect(refused()["tls"]).toBe(1);
  });

  test("a client that is let in counts among them no longer", async () => {
    await start({}, { limits: { connectionsUnauthenticated: 1 } });
    await hub.connect(over(pump, { clientId: "a" }));
    await hub.connect(over(pump, { clientId: "b" }));
    expect(hub.broker.stats().connections).toBe(2);
  });

  test("a connection after the handshake has its time for CONNECT too", async () => {
    await start({}, { limits: { connectMs: 200 } });
    const silent = rawTls();
    await once(silent, "secureConnect");
    await closed(silent);
    expect(refused()["connect-timeout"]).toBe(1);
  });
});

describe("another certificate while the broker runs", () => {
  test("100 connections stay and go on; new ones get the new certificate", async () => {
    await start({}, { limits: { connectionsPerUser: 100 } });
    const clients = await Promise.all(
      Array.from({ length: 100 }, (_, index) => hub.connect(over(pump, { clientId: `c${index}` }))),
    );
    await Promise.all(clients.map((client, index) => client.subscribeAsync(`to/${index}`, { qos: 1 })));
    served = serverPair();
    hub.broker.secureTls(material());
    const fresh = rawTls();
    await once(fresh, "secureConnect");
    expect(fresh.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase()).toBe(
      served.fingerprint,
    );
    const answers = clients.map((client, index) => {
      const heard = happened(client, "message");
      return client.publishAsync(`to/${index}`, "still here", { qos: 1 }).then(() => heard);
    });
    expect(await Promise.all(answers)).toHaveLength(100);
    expect(hub.changes.filter(({ up }) => !up)).toEqual([]);
  });

  test("an authority that is accepted from now on counts at once, and one that is not no longer", async () => {
    await start();
    const other = createTestAuthority("Other CA");
    const boiler = other.issue({ subject: "boiler" });
    await expect(hub.connect(over(boiler))).rejects.toThrow("Connection refused");
    hub.broker.secureTls(material({ ca: [other.ca] }));
    await hub.connect(over(boiler));
    await expect(hub.connect(over(pump))).rejects.toThrow("Connection refused");
  });
});

describe("stopping", () => {
  test("ends connections and handshakes alike", async () => {
    await start();
    const client = await hub.connect(over(pump));
    const mute = connectTcp(port, "127.0.0.1").on("error", () => {});
    await once(mute, "connect");
    const ended = Promise.all([happened(client, "close"), closed(mute)]);
    await hub.broker.stop();
    await ended;
    expect(hub.broker.stats().connections).toBe(0);
  });
});
