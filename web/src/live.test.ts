import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLive } from "./live.ts";

/** The browser's side of a socket, driven by the test. */
class FakeSocket extends EventTarget {
  readyState = 0;
  readonly sent: unknown[] = [];

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(event: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const live = createLive("ws://hub/live", () => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket as unknown as WebSocket;
  });
  const last = (): FakeSocket => sockets.at(-1)!;
  return { live, sockets, last };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("events reach those who listen to their kind, until they leave", () => {
  const { live, last } = setUp();
  live.start();
  last().open();
  const heard: unknown[] = [];
  const off = live.on("flow-removed", ({ flow }) => heard.push(flow));
  last().say({ type: "flow-removed", flow: "a" });
  last().say({ type: "pong" });
  off();
  last().say({ type: "flow-removed", flow: "b" });
  expect(heard).toEqual(["a"]);
});

describe("after a loss", () => {
  test("it comes back by itself and repeats what was watched", async () => {
    const { live, sockets, last } = setUp();
    let resumed = 0;
    live.onResume(() => resumed++);
    live.watchFlow("store");
    live.start();
    last().open();
    live.watchTopics("a/#");
    expect(last().sent).toEqual([
      { type: "watch-flow", flow: "store" },
      { type: "watch-topics", filter: "a/#" },
    ]);
    last().close();
    expect(live.state.value).toBe("lost");
    await vi.advanceTimersByTimeAsync(1_000);
    last().open();
    expect(sockets).toHaveLength(2);
    expect(live.state.value).toBe("open");
    expect(resumed).toBe(1);
    expect(last().sent).toHaveLength(2);
  });

  test("it waits longer each time, and no longer than a quarter of a minute", async () => {
    const { live, sockets, last } = setUp();
    live.start();
    for (let attempt = 0; attempt < 12; attempt++) {
      last().close();
      await vi.advanceTimersByTimeAsync(19_000);
    }
    expect(sockets).toHaveLength(13);
    last().close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sockets).toHaveLength(13);
  });
});

test("a hub that no longer answers counts as lost", async () => {
  const { live, last } = setUp();
  live.start();
  last().open();
  await vi.advanceTimersByTimeAsync(61_000);
  expect(live.state.value).not.toBe("open");
});

test("stopping ends it for good", async () => {
  const { live, sockets, last } = setUp();
  live.start();
  last().open();
  live.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toHaveLength(1);
  expect(live.state.value).toBe("off");
});
