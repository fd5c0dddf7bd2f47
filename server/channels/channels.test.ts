import { describe, expect, it } from "vitest";
import type { DeliveryOutcome, Notice } from "./channelKind.ts";
import type { ChannelRow } from "./channelRow.ts";
import { createChannels } from "./channels.ts";

describe("channels", () => {
  it("always has an inbox, which cannot be removed", async () => {
    const { channels, inbox } = createTest();
    expect(channels.list()).toMatchObject([{ id: "inbox", kind: "inbox", name: "Inbox" }]);
    expect(await channels.remove("inbox")).toBe(false);
    expect(await channels.deliver("inbox", notice)).toEqual({ outcome: "delivered" });
    expect(inbox).toEqual([notice]);
  });

  it("makes a channel with an id from its name, and another one for the same name", async () => {
    const { channels } = createTest();
    const draft = { kind: "ntfy", name: "Schichtführer!", config: { topic: "shift" } };
    expect(await channels.create(draft)).toMatchObject({ ok: true, channel: { id: "schichtfuhrer" } });
    expect(await channels.create(draft)).toMatchObject({ ok: true, channel: { id: "schichtfuhrer-2" } });
    expect(channels.get("schichtfuhrer")).toMatchObject({
      config: { server: "https://ntfy.sh", topic: "shift" },
    });
  });

  it("tells all problems of a draft at once", async () => {
    const { channels } = createTest();
    const answer = await channels.create({
      kind: "email",
      name: " ",
      config: { port: 0, security: "maybe", from: "nobody", to: "a@b, c", nonsense: 1 },
    });
    const problems = answer.ok ? [] : answer.problems.map(({ path }) => path);
    expect(problems.toSorted()).toEqual([
      "/config/from",
      "/config/host",
      "/config/nonsense",
      "/config/port",
      "/config/security",
      "/config/to",
      "/name",
    ]);
  });

  it.each([
    ["sms", "Phone", undefined, "/kind"],
    ["ntfy", "Phone", "Not an id", "/id"],
    ["ntfy", "Phone", "inbox", "/id"],
  ])("refuses kind %s, name %s, id %s", async (kind, name, id, path) => {
    const { channels } = createTest();
    const answer = await channels.create({ kind, name, id, config: { topic: "t" } });
    expect(answer).toMatchObject({ ok: false, problems: [{ path }] });
  });

  it.each(["ftp://example.org", "https://user:pass@example.org/", "example.org"])(
    "refuses %s as the address of a webhook",
    async (url) => {
      const { channels } = createTest();
      const answer = await channels.create({ kind: "webhook", name: "Hook", config: { url } });
      expect(answer).toMatchObject({ ok: false, problems: [{ path: "/config/url" }] });
    },
  );

  it("refuses headers that are none, or that the hub sets itself", async () => {
    const { channels } = createTest();
    const config = { url: "https://example.org", headers: "nonsense\nHost: a\nX-Ok: 1\nX-Bad: \u0001" };
    const answer = await channels.create({ kind: "webhook", name: "Hook", config });
    expect(answer.ok ? [] : answer.problems).toHaveLength(3);
  });

  it("takes secrets in and never shows them; they are sealed in the store", async () => {
    const { channels, rows, requests } = createTest();
    await channels.create(webhook);
    expect(channels.get("hook")!.config).toMatchObject({ secret: { set: true } });
    expect(JSON.stringify([...rows.values()])).not.toContain("Bearer 12345");
    await channels.deliver("hook", notice);
    expect(requests[0]!.headers).toMatchObject({
      authorization: "Bearer 12345",
      "idempotency-key": notice.id,
    });
  });

  it("keeps a secret that is not mentioned, forgets it when told, and clears it with another host", async () => {
    const { channels } = createTest();
    await channels.create(webhook);
    const isSet = () => channels.get("hook")!.config["secret"];
    await channels.update("hook", { config: { url: "https://example.org/other", secret: { set: true } } });
    expect(isSet()).toEqual({ set: true });
    await channels.update("hook", { name: "Renamed" });
    expect(isSet()).toEqual({ set: true });
    await channels.update("hook", { config: { url: "https://elsewhere.example/other" } });
    expect(isSet()).toEqual({ set: false });
    await channels.update("hook", { config: { url: "https://elsewhere.example/other", secret: "x" } });
    expect(isSet()).toEqual({ set: true });
    await channels.update("hook", { config: { url: "https://elsewhere.example/other", secret: null } });
    expect(isSet()).toEqual({ set: false });
    expect(await channels.update("none", { name: "x" })).toBeUndefined();
  });

  it("refuses a notice to a channel that was deleted, and names it and who sent it", async () => {
    const { channels } = createTest();
    await channels.create(webhook);
    expect(await channels.remove("hook")).toBe(true);
    expect(await channels.deliver("hook", notice)).toEqual({
      outcome: "refused",
      reason: "channel-missing",
      error:
        'The channel "hook" does not exist (any more). The node "tell" of the flow "cold-store" still sends to it.',
    });
  });

  it("remembers the last success and the last error, without the secret that came back", async () => {
    const { channels, answer } = createTest();
    await channels.create(webhook);
    await channels.deliver("hook", notice);
    expect(channels.get("hook")).toMatchObject({ lastSentAt: 1_000, lastError: null });
    answer({ outcome: "retry", error: "no: Bearer 12345", body: "you sent Bearer 12345" });
    const outcome = await channels.deliver("hook", notice);
    expect(JSON.stringify(outcome)).not.toContain("12345");
    expect(channels.get("hook")).toMatchObject({ lastSentAt: 1_000, lastError: "no: •••" });
  });

  it("says so when the secrets cannot be opened any more", async () => {
    const { channels, breakVault } = createTest();
    await channels.create(webhook);
    breakVault();
    expect(channels.get("hook")!.config).toMatchObject({ secret: { set: false } });
    expect(await channels.deliver("hook", notice)).toMatchObject({
      outcome: "retry",
      error: "The key is wrong.",
    });
  });

  it("tests a channel with a notice that says so", async () => {
    const { channels, inbox } = createTest();
    expect(await channels.test("inbox")).toEqual({ outcome: "delivered" });
    expect(inbox).toMatchObject([{ title: "Test from Millrace", severity: "info" }]);
  });
});

const webhook = {
  kind: "webhook",
  name: "Hook",
  config: { url: "https://example.org/hook", secret: "Bearer 12345" },
};

const notice: Notice = {
  id: "run-1.tell.0",
  title: "Too warm",
  text: "7.2 °C",
  severity: "warning",
  flow: "cold-store",
  node: "tell",
  run: "run-1",
  at: 0,
};

function createTest() {
  const rows = new Map<string, ChannelRow>();
  const inbox: Notice[] = [];
  const requests: { headers: Readonly<Record<string, string>> }[] = [];
  let next: DeliveryOutcome = { outcome: "delivered", status: 200 };
  let isVaultBroken = false;
  const channels = createChannels({
    store: {
      all: () => [...rows.values()],
      get: (id) => rows.get(id),
      put: async (row) => void rows.set(row.id, row),
      remove: async (id) => rows.delete(id),
    },
    vault: {
      seal: (text, place) => Buffer.from(`${place}\n${text}`).toString("base64"),
      open(sealed, place) {
        const [at, text = ""] = Buffer.from(sealed, "base64").toString().split("\n");
        if (isVaultBroken || at !== place) throw new Error("The key is wrong.");
        return text;
      },
    },
    connect: {
      async deliver(request) {
        requests.push(request);
        return next;
      },
      openSocket: () => Promise.reject(new Error("No sockets here.")),
    },
    inbox: { add: async (added) => void inbox.push(added) },
    now: () => 1_000,
    log: { warn: () => {} },
  });
  const answer = (outcome: DeliveryOutcome) => (next = outcome);
  const breakVault = () => (isVaultBroken = true);
  return { channels, rows, inbox, requests, answer, breakVault };
}
