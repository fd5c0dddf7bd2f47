import type { Duplex } from "node:stream";
import { encodePuback } from "./encode.ts";

/** The sending side of one connection. Frames written in one turn leave together. */
export interface Link {
  write(frame: Buffer): void;
  /** Writes a PUBACK; who never reads them is found stuck like any other. */
  acknowledge(packetId: number): void;
  /** True while more unsent bytes wait than one client may hold. */
  isFull(): boolean;
  /** True while enough waits that a replay should pause, to leave room for live messages. */
  isBusy(): boolean;
  close(): void;
}

/** Limits and reactions of a link. */
export interface LinkOptions {
  readonly connection: Duplex;
  readonly socketBufferBytes: number;
  readonly drainMs: number;
  /** The buffer has room again. */
  readonly onRoom: () => void;
  /** The buffer is full and not one byte has left it for `drainMs`. */
  readonly onStuck: () => void;
}

/** Hears how long the messages of one turn waited; one question to the clock a turn costs nothing. */
export interface FlushWatch {
  now(): number;
  /** `firstAt` is when the first of these messages, or an acknowledgement before it, was ready to go. */
  flushed(firstAt: number, messages: number): void;
}

/** Unsent bytes above which a replay pauses. */
const BUSY_BYTES = 128 * 1024;
/** Frames up to this many bytes are copied into one buffer: cheaper than a vectored write of many small ones. */
const JOINED_BYTES_MAX = 64 * 1024;

/**
 * Creates links that share one flush at the end of the turn of the event loop: a thousand messages that arrive
 * together cost one system call for each subscriber, not a thousand.
 */
export function createLinks(onFlush?: FlushWatch): (options: LinkOptions) => Link {
  let dirty: (() => number)[] = [];
  let firstAt = 0;

  function flushAll(): void {
    const flushes = dirty;
    dirty = [];
    let messages = 0;
    for (const flush of flushes) messages += flush();
    onFlush?.flushed(firstAt, messages);
  }

  return (options) =>
    createLink(options, (flush) => {
      if (dirty.push(flush) > 1) return;
      if (onFlush !== undefined) firstAt = onFlush.now();
      setImmediate(flushAll);
    });
}

function createLink(options: LinkOptions, soon: (flush: () => number) => void): Link {
  const { connection, socketBufferBytes, drainMs } = options;
  let frames: Buffer[] = [];
  /** Of the frames; the others are acknowledgements. */
  let messages = 0;
  let pendingBytes = 0;
  let handedOverBytes = 0;
  let watch: NodeJS.Timeout | undefined;
  let isClosed = false;

  function flush(): number {
    const batch = frames;
    const bytes = pendingBytes;
    const count = messages;
    frames = [];
    messages = 0;
    pendingBytes = 0;
    if (isClosed || connection.destroyed) return 0;
    handedOverBytes += bytes;
    if (batch.length === 1 && batch[0] !== undefined) connection.write(batch[0]);
    else if (bytes <= JOINED_BYTES_MAX) connection.write(Buffer.concat(batch, bytes));
    else writeCorked(connection, batch);
    return count;
  }

  function onDrain(): void {
    unwatch();
    options.onRoom();
  }

  function watchProgress(sentBefore: number): void {
    watch = setTimeout(() => {
      const sent = handedOverBytes - connection.writableLength;
      if (sent > sentBefore) watchProgress(sent);
      else options.onStuck();
    }, drainMs);
    watch.unref();
  }

  function unwatch(): void {
    clearTimeout(watch);
    watch = undefined;
    connection.off("drain", onDrain);
  }

  function exceeds(limitBytes: number): boolean {
    if (pendingBytes + connection.writableLength <= limitBytes) return false;
    if (watch === undefined && !isClosed) {
      connection.on("drain", onDrain);
      watchProgress(handedOverBytes - connection.writableLength);
    }
    return true;
  }

  function add(frame: Buffer): void {
    pendingBytes += frame.length;
    if (frames.push(frame) === 1) soon(flush);
  }

  return {
    write(frame) {
      if (isClosed) return;
      messages++;
      add(frame);
    },
    acknowledge(packetId) {
      if (isClosed) return;
      add(encodePuback(packetId));
      exceeds(socketBufferBytes);
    },
    isFull: () => exceeds(socketBufferBytes),
    isBusy: () => exceeds(Math.min(BUSY_BYTES, socketBufferBytes)),
    close() {
      isClosed = true;
      unwatch();
    },
  };
}

function writeCorked(connection: Duplex, batch: readonly Buffer[]): void {
  connection.cork();
  for (const frame of batch) connection.write(frame);
  connection.uncork();
}
