import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLinks, type Link } from "./link.ts";
import { inTurn } from "./testing/testBroker.ts";

const drainMs = 5_000;
let written: { readonly bytes: number; readonly done: () => void }[];
let connection: Duplex;
let link: Link;
let rooms: number;
let stuck: number;

beforeEach(() => {
  vi.useFakeTimers();
  [written, rooms, stuck] = [[], 0, 0];
  connection = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => void written.push({ bytes: chunk.length, done }),
  });
  link = createLinks()({
    connection,
    socketBufferBytes: 1_000,
    drainMs,
    onRoom: () => void rooms++,
    onStuck: () => void stuck++,
  });
});
afterEach(() => {
  link.close();
  vi.useRealTimers();
});

function send(...sizes: number[]): void {
  for (const size of sizes) link.write(Buffer.alloc(size));
  vi.advanceTimersByTime(0);
}

test("frames of one turn leave as one write", () => {
  send(10, 20, 30);
  expect(written.map(({ bytes }) => bytes)).toEqual([60]);
  send(5);
  written[0]?.done();
  expect(written.map(({ bytes }) => bytes)).toEqual([60, 5]);
});

test("PUBACKs leave with the frames of their turn, in one write", () => {
  link.acknowledge(1);
  link.acknowledge(0x1234);
  send(10);
  expect(written.map(({ bytes }) => bytes)).toEqual([4 + 4 + 10]);
});

test("who publishes and never reads the PUBACKs is stuck", () => {
  send(1_000);
  link.acknowledge(1);
  vi.advanceTimersByTime(drainMs - 1);
  expect(stuck).toBe(0);
  vi.advanceTimersByTime(1);
  expect(stuck).toBe(1);
});

test("it is full above the limit, not at it, and counts what is not yet flushed", () => {
  link.write(Buffer.alloc(1_000));
  expect(link.isFull()).toBe(false);
  link.write(Buffer.alloc(1));
  expect(link.isFull()).toBe(true);
});

test("without any progress it is stuck after the drain time", () => {
  send(2_000);
  expect(link.isFull()).toBe(true);
  vi.advanceTimersByTime(drainMs - 1);
  expect(stuck).toBe(0);
  vi.advanceTimersByTime(1);
  expect(stuck).toBe(1);
});

test("a slow client that still takes bytes is not cut off, and tells when there is room", async () => {
  send(70_000, 1);
  send(70_000);
  expect(link.isFull()).toBe(true);
  await inTurn(3, async (taken) => {
    vi.advanceTimersByTime(drainMs - 1);
    written[taken]?.done();
    await vi.advanceTimersByTimeAsync(0);
  });
  expect(stuck).toBe(0);
  expect(rooms).toBe(1);
  expect(link.isFull()).toBe(false);
});

test("after its end it writes nothing", () => {
  link.write(Buffer.alloc(10));
  link.close();
  send(10);
  expect(written).toEqual([]);
});
