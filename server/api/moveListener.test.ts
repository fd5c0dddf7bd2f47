import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { moveListener } from "./moveListener.ts";

describe("a listener that moves", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function listening(host: string, port = 0): Promise<Server> {
    const server = createServer((_request, response) => response.end("here"));
    servers.push(server);
    server.listen(port, host);
    await once(server, "listening");
    return server;
  }

  test("answers on its new address with the same port", async () => {
    const server = await listening("127.0.0.1");
    const { port } = server.address() as AddressInfo;
    moveListener(server, "127.0.0.2", silent);
    await once(server, "listening");
    expect(server.address()).toMatchObject({ address: "127.0.0.2", port });
    expect(await (await fetch(`http://127.0.0.2:${port}/`)).text()).toBe("here");
  });

  test("keeps the one before when the new one is taken", async () => {
    const server = await listening("127.0.0.1");
    const { port } = server.address() as AddressInfo;
    await listening("127.0.0.2", port);
    const told: string[] = [];
    moveListener(server, "127.0.0.2", { ...silent, error: (_details, text) => told.push(text) });
    // `once` of node:events would reject with the error that is meant to be survived.
    await new Promise((resolve) => server.once("listening", resolve));
    expect(server.address()).toMatchObject({ address: "127.0.0.1", port });
    expect(told).toHaveLength(1);
  });
});

const silent = { info: () => {}, warn: () => {}, error: () => {} };
