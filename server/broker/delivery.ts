import { createOutgoing, type Outgoing, type Qos } from "./arrival.ts";
import { countMessage, type Counters, type DropReason } from "./counters.ts";
import { encodePubrel, withPacketId } from "./encode.ts";
import { createHolding } from "./holding.ts";
import type { Ledger } from "./ledger.ts";
import type { QueuePolicy } from "./limits.ts";
import type { Link } from "./link.ts";
import type { RetainedMessage } from "./retained.ts";
import { createSendQueue, type QueueEntry } from "./sendQueue.ts";
import type { ShareMark, ShareMember } from "./shares.ts";
import type { KeptQueued } from "./storage.ts";

/** What a delivery asks about its session. */
export interface DeliveryOptions {
  readonly clientId: string;
  readonly sendWindow: number;
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly queuePolicy: QueuePolicy;
  /** False when nothing waits for a client that is away, and nothing is kept. */
  readonly isPersistent: boolean;
  readonly mayReceive: (topic: string) => boolean;
  /** The highest QoS granted for a topic; `undefined` when no filter matches it any more. */
  readonly grantedQos: (topic: string) => Qos | undefined;
  /** The shared subscription a kept message must have come through; `undefined` when it may be the session's own. */
  readonly shareOf: (topic: string) => string | undefined;
  readonly ledger: Ledger;
  readonly nextSeq: () => number;
  /** Hears each change of the size of its queue, in bytes. */
  readonly onBytes: (change: number) => void;
  /** The queue is full, and the policy is to part. */
  readonly onOverflow: () => void;
  readonly counters: Counters;
}

/** Sends messages to one session: at once, or in order when the client has room or comes back. */
export interface Delivery extends ShareMember {
  deliver(message: Outgoing, grantedQos: Qos, mark?: ShareMark): boolean;
  /** A connection took the session over; it gets nothing before `resume`. */
  attach(link: Link): void;
  /** The client has its CONNACK: repeat what it did not acknowledge, then what waited, then live messages. */
  resume(): void;
  detach(): void;
  /** PUBACK or PUBCOMP. */
  acknowledge(packetId: number): void;
  /** PUBREC; `kept` is called when the PUBREL may go. */
  receive(packetId: number, kept: () => void): void;
  /** Sends retained messages, a little at a time. */
  replay(messages: Iterator<RetainedMessage>): void;
  /** There is room in the socket again. */
  proceed(): void;
  /** Takes up what was kept for it; the first `sentCount` may have been sent. */
  restore(queue: readonly KeptQueued[], sentCount: number): void;
  /** Gives up so many bytes of what matters least, because all queues together are too big. */
  trim(bytes: number): void;
  /** Gives up what still waits; returns how many messages that were. */
  discard(): number;
  /** Gives up what was not sent yet; what waits for its acknowledgement stays. Returns how many messages that were. */
  clear(): number;
  status(): DeliveryStatus;
}

/** Numbers of one client. */
export interface DeliveryStatus {
  readonly queued: number;
  readonly queuedBytes: number;
  readonly inFlight: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
}

const PACKET_ID_MAX = 65_535;
/** Retained messages sent in one turn of the event loop. */
const REPLAY_SLICE = 200;
const noRow = { seq: 0, page: 0, free: undefined };

/**
 * Why own: the stock delivery writes without a window or a bound, reuses packet ids and lets live messages overtake
 * the queue of a returning client (aedes D13, D20). One client's trouble never reaches another: nothing here waits.
 *
 * A message for a session that outlives its connection gets its packet id and its row on disk when it arrives, and
 * leaves after the commit: whatever the client may have seen, a restarted hub knows too.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { counters, ledger, clientId } = options;
  const inFlight = new Map<number, QueueEntry>();
  const queue = createSendQueue(options.onBytes);
  /** Packet ids that wait in the queue. */
  const reserved = new Set<number>();
  /** Only members of groups are watched. */
  let watchers: Set<() => void> | undefined;
  let replaying: Iterator<RetainedMessage>[] = [];
  let isReplayPlanned = false;
  let isAwaitingDisk = false;
  let link: Link | undefined;
  let isReady = false;
  let lastPacketId = 0;
  let delivered = 0;
  let dropped = 0;
  const drops: Partial<Record<DropReason, number>> = {};

  function drop(reason: DropReason): void {
    dropped++;
    drops[reason] = (drops[reason] ?? 0) + 1;
    counters.dropped[reason]++;
  }

  function giveUp(entry: QueueEntry, reason: DropReason): void {
    drop(reason);
    forget(entry);
  }

  function forget({ packetId, seq, free }: Pick<QueueEntry, "packetId" | "seq" | "free">): void {
    reserved.delete(packetId);
    if (seq > 0) ledger.note({ do: "unqueue", seq });
    free?.();
  }

  function isOnline(): boolean {
    return isReady && link !== undefined;
  }

  function canSend(qos: Qos): boolean {
    return (
      isReady && link !== undefined && (qos === 0 || inFlight.size < options.sendWindow) && !link.isFull()
    );
  }

  function nextPacketId(): number {
    do lastPacketId = (lastPacketId % PACKET_ID_MAX) + 1;
    while (inFlight.has(lastPacketId) || reserved.has(lastPacketId));
    return lastPacketId;
  }

  function send({ qos, frame, packetId }: QueueEntry): void {
    delivered++;
    countMessage(counters.delivered, qos);
    counters.deliveredBytes += frame.bytes.length;
    link?.write(qos === 0 ? frame.bytes : withPacketId(frame, packetId, false));
  }

  function sendNow(entry: QueueEntry): void {
    if (entry.qos > 0) inFlight.set(entry.packetId, entry);
    send(entry);
  }

  function makeRoom(bytes: number): boolean {
    if (bytes > options.queueBytes) {
      drop("too-large");
      return false;
    }
    while (queue.length >= options.queueMessages || queue.bytes + bytes > options.queueBytes) {
      if (options.queuePolicy === "drop-oldest") dropWeakest();
      else {
        drop("queue-full");
        if (options.queuePolicy === "disconnect") options.onOverflow();
        return false;
      }
    }
    return true;
  }

  function dropWeakest(): void {
    const weakest = queue.takeWeakest();
    if (weakest !== undefined) giveUp(weakest, "queue-full");
  }

  /** Sends a message now or puts it into the line; false when it was given up. */
  function put(message: Outgoing, qos: Qos, mark?: ShareMark): boolean {
    const { topic, publisher } = message;
    const frame = message.frame(qos);
    const isKept = options.isPersistent && qos > 0;
    const waitsForDisk = isKept || mark?.lent !== undefined;
    const goesNow = !waitsForDisk && queue.length === 0 && canSend(qos);
    if (!goesNow && !makeRoom(frame.bytes.length)) return false;
    const packetId = qos === 0 ? 0 : nextPacketId();
    const { seq, page, free } = isKept ? newRow(message, packetId, qos) : (mark?.lent ?? noRow);
    const share = mark?.share;
    const entry = { topic, qos, frame, packetId, seq, page, free, share, publisher, isReceived: false };
    if (goesNow) sendNow(entry);
    else {
      if (qos > 0) reserved.add(packetId);
      queue.push(entry);
      if (waitsForDisk) proceedWhenKept();
    }
    return true;
  }

  function newRow(message: Outgoing, packetId: number, qos: Qos) {
    const { topic, replayed } = message;
    const payload = message.keptPayload(qos);
    const seq = options.nextSeq();
    const page = ledger.note({ do: "queue", seq, clientId, packetId, topic, payload, qos, replayed });
    return { seq, page, free: undefined };
  }

  function proceedWhenKept(): void {
    if (isAwaitingDisk || !isReady) return;
    isAwaitingDisk = true;
    ledger.whenKept(() => {
      isAwaitingDisk = false;
      proceed();
    });
  }

  function sendQueued(): void {
    for (let head = queue.head; head !== undefined && canSend(head.qos); head = queue.head) {
      if (head.page > ledger.keptThrough) return proceedWhenKept();
      queue.shift();
      // Rules may have changed while it waited.
      if (options.mayReceive(head.topic)) {
        reserved.delete(head.packetId);
        sendNow(head);
      } else {
        counters.denied.receive++;
        forget(head);
      }
    }
  }

  function sendRetained(): void {
    isReplayPlanned = false;
    for (let left = REPLAY_SLICE; left > 0 && replaying.length > 0; left--) {
      if (!isReady || link?.isBusy() !== false) return;
      if (inFlight.size + queue.length >= options.sendWindow) return;
      const { value, done } = replaying[0]!.next();
      if (done === true) replaying.shift();
      else replayOne(value);
    }
    planReplay();
  }

  function replayOne(message: RetainedMessage): void {
    const granted = options.grantedQos(message.topic);
    if (granted === undefined || !options.mayReceive(message.topic)) return;
    put(createOutgoing(message, true), lower(message.qos, granted));
  }

  function planReplay(): void {
    if (isReplayPlanned || replaying.length === 0) return;
    isReplayPlanned = true;
    setImmediate(sendRetained);
  }

  function proceed(): void {
    sendQueued();
    planReplay();
    tellWatchers();
  }

  function tellWatchers(): void {
    for (const tell of watchers ?? []) tell();
  }

  const { held, letGo } = createHolding({ inFlight, queue, reserved, isOnline, forget });

  // Here, and in other objects that each connection has: with a spread each gets a shape of its own in V8, and with a
  // getter each is a hash table. Both cost more than all the rest of it.
  return {
    held,
    letGo,
    isPersistent: options.isPersistent,
    isOnline,
    hasRoom: () => canSend(1) && inFlight.size + queue.length < options.sendWindow,
    accepts(message, qos) {
      if (!options.mayReceive(message.topic)) return false;
      if (qos === 0) return isOnline() && link?.isFull() === false;
      const { length } = message.frame(qos).bytes;
      return queue.length < options.queueMessages && queue.bytes + length <= options.queueBytes;
    },
    waiting: () => queue.length,
    watch(listener) {
      const some = (watchers ??= new Set());
      some.add(listener);
      return () => some.delete(listener);
    },
    deliver(message, grantedQos, mark) {
      if (!options.mayReceive(message.topic)) {
        counters.denied.receive++;
        return false;
      }
      const qos = lower(message.qos, grantedQos);
      if (link === undefined && (qos === 0 || !options.isPersistent)) return false;
      if (qos > 0 || link?.isFull() === false) return put(message, qos, mark);
      drop("too-slow");
      return false;
    },
    attach(newLink) {
      link = newLink;
      isReady = false;
    },
    resume() {
      isReady = true;
      for (const [packetId, { frame, isReceived }] of inFlight) {
        link?.write(isReceived ? encodePubrel(packetId) : withPacketId(frame, packetId, true)); // [MQTT-4.4.0-1]
      }
      proceed();
    },
    detach() {
      link = undefined;
      isReady = false;
      replaying = [];
      for (let gone = queue.dropQos0(); gone > 0; gone--) drop("disconnected");
      tellWatchers();
    },
    acknowledge(packetId) {
      const entry = inFlight.get(packetId);
      if (entry === undefined) return;
      inFlight.delete(packetId);
      forget(entry);
      proceed();
    },
    receive(packetId, kept) {
      const entry = inFlight.get(packetId);
      if (entry === undefined || entry.seq === 0) return kept();
      if (!entry.isReceived) ledger.note({ do: "receive", seq: entry.seq });
      entry.isReceived = true;
      ledger.whenKept(kept);
    },
    replay(messages) {
      replaying.push(messages);
      planReplay();
    },
    proceed,
    restore(kept, sentCount) {
      for (const [index, { seq, packetId, qos, replayed, isReceived, ...message }] of kept.entries()) {
        const frame = createOutgoing({ ...message, qos }, replayed).frame(qos);
        const { topic } = message;
        const origin = { share: options.shareOf(topic), publisher: undefined };
        const entry = { topic, qos, frame, packetId, ...noRow, seq, ...origin, isReceived };
        lastPacketId = packetId;
        if (isReceived || index < sentCount) inFlight.set(packetId, entry);
        else {
          reserved.add(packetId);
          queue.push(entry);
        }
      }
    },
    trim(bytes) {
      const target = queue.bytes - bytes;
      while (queue.length > 0 && queue.bytes > target) dropWeakest();
    },
    discard() {
      const count = queue.length + inFlight.size;
      // The rows of others do not go with this session.
      for (const entry of [...inFlight.values(), ...queue.clear()])
        if (entry.free !== undefined) forget(entry);
      reserved.clear();
      inFlight.clear();
      return count;
    },
    clear() {
      const gone = queue.clear();
      for (const entry of gone) giveUp(entry, "cleared");
      return gone.length;
    },
    status() {
      const { length, bytes } = queue;
      return { queued: length, queuedBytes: bytes, inFlight: inFlight.size, delivered, dropped, drops };
    },
  };
}

function lower(one: Qos, other: Qos): Qos {
  return one < other ? one : other;
}
