import { createOutgoing, type Outgoing, type Qos } from "./arrival.ts";
import { countMessage } from "./counters.ts";
import type { Delivery, DeliveryOptions } from "./deliveryTypes.ts";
import { encodePublish, encodePubrel, withPacketId } from "./encode.ts";
import { createHolding } from "./holding.ts";
import type { Link } from "./link.ts";
import { createPacketIds } from "./packetIds.ts";
import { createQueueRoom } from "./queueRoom.ts";
import { createReplay } from "./replay.ts";
import type { RetainedMessage } from "./retained.ts";
import { createSendQueue, type QueueEntry } from "./sendQueue.ts";
import type { ShareMark } from "./shares.ts";
import type { KeptQueued } from "./storage.ts";

export type { Delivery, DeliveryStatus } from "./deliveryTypes.ts";

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
  const packetIds = createPacketIds(inFlight);
  const room = createQueueRoom({ bounds: options, queue, counters, forget });
  const replay = createReplay({ hasRoom: hasReplayRoom, send: replayOne });
  /** Only members of groups are watched. */
  let watchers: Set<() => void> | undefined;
  let isAwaitingDisk = false;
  let link: Link | undefined;
  let isReady = false;
  let delivered = 0;

  function forget({ packetId, seq, free }: Pick<QueueEntry, "packetId" | "seq" | "free">): void {
    packetIds.release(packetId);
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

  function hasWindow(): boolean {
    return inFlight.size + queue.length < options.sendWindow;
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

  /** Sends a message now or puts it into the line; false when it was given up. */
  function put(message: Outgoing, qos: Qos, mark?: ShareMark): boolean {
    const { topic, publisher } = message;
    const frame = message.frame(qos);
    const isKept = options.isPersistent && qos > 0;
    const waitsForDisk = isKept || mark?.lent !== undefined;
    const goesNow = !waitsForDisk && queue.length === 0 && canSend(qos);
    if (!goesNow && !room.make(frame.bytes.length)) return false;
    const packetId = qos === 0 ? 0 : packetIds.next();
    const { seq, page, free } = isKept ? newRow(message, packetId, qos) : (mark?.lent ?? noRow);
    const share = mark?.share;
    const entry = { topic, qos, frame, packetId, seq, page, free, share, publisher, isReceived: false };
    if (goesNow) sendNow(entry);
    else {
      if (qos > 0) packetIds.reserve(packetId);
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
        packetIds.release(head.packetId);
        sendNow(head);
      } else {
        counters.denied.receive++;
        forget(head);
      }
    }
  }

  function hasReplayRoom(): boolean {
    return isReady && link?.isBusy() === false && hasWindow();
  }

  function replayOne(message: RetainedMessage): void {
    const granted = options.grantedQos(message.topic);
    if (granted === undefined || !options.mayReceive(message.topic)) return;
    put(createOutgoing(message, true), lower(message.qos, granted));
  }

  function proceed(): void {
    sendQueued();
    replay.proceed();
    tellWatchers();
  }

  function tellWatchers(): void {
    for (const tell of watchers ?? []) tell();
  }

  const { held, letGo } = createHolding({ inFlight, queue, packetIds, isOnline, forget });

  // Here, and in other objects that each connection has: with a spread each gets a shape of its own in V8, and with a
  // getter each is a hash table. Both cost more than all the rest of it.
  return {
    held,
    letGo,
    isPersistent: options.isPersistent,
    isOnline,
    hasRoom: () => canSend(1) && hasWindow(),
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
      room.drop("too-slow");
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
      replay.stop();
      for (let gone = queue.dropQos0(); gone > 0; gone--) room.drop("disconnected");
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
    replay: (messages) => replay.add(messages),
    proceed,
    restore(kept, sentCount) {
      for (const [index, message] of kept.entries()) {
        const entry = keptEntry(message, options.shareOf(message.topic));
        const { packetId } = entry;
        packetIds.continueAfter(packetId);
        if (entry.isReceived || index < sentCount) inFlight.set(packetId, entry);
        else {
          packetIds.reserve(packetId);
          queue.push(entry);
        }
      }
    },
    trim: (bytes) => room.trim(bytes),
    discard() {
      const count = queue.length + inFlight.size;
      // The rows of others do not go with this session.
      for (const entry of [...inFlight.values(), ...queue.clear()])
        if (entry.free !== undefined) forget(entry);
      packetIds.clear();
      inFlight.clear();
      return count;
    },
    clear: () => room.clear(),
    status() {
      const { length, bytes } = queue;
      const { dropped, drops } = room;
      return { queued: length, queuedBytes: bytes, inFlight: inFlight.size, delivered, dropped, drops };
    },
  };
}

/** A message of the last run; its row is on disk already. */
function keptEntry(kept: KeptQueued, share: string | undefined): QueueEntry {
  const { topic, payload, seq, packetId, qos, isReceived } = kept;
  const frame = encodePublish({ topic, payload, qos, retain: kept.replayed });
  const [page, free, publisher] = [0, undefined, undefined];
  return { topic, qos, frame, packetId, seq, page, free, share, publisher, isReceived };
}

function lower(one: Qos, other: Qos): Qos {
  return one < other ? one : other;
}
