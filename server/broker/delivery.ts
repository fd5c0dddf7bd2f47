import { createOutgoing, type Qos } from "./arrival.ts";
import type { Receiver } from "./bus.ts";
import { countMessage, type Counters, type DropReason } from "./counters.ts";
import { encodePubrel, withPacketId, type PublishFrame } from "./encode.ts";
import type { Link } from "./link.ts";
import type { RetainedMessage } from "./retained.ts";

/** What a delivery asks about its session. */
export interface DeliveryOptions {
  readonly sendWindow: number;
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** False when nothing waits for a client that is away. */
  readonly isPersistent: boolean;
  readonly mayReceive: (topic: string) => boolean;
  /** The highest QoS granted for a topic; `undefined` when no filter matches it any more. */
  readonly grantedQos: (topic: string) => Qos | undefined;
  readonly retained: (topic: string) => RetainedMessage | undefined;
  readonly counters: Counters;
}

/** Sends messages to one session: at once, or in order when the client has room or comes back. */
export interface Delivery extends Receiver {
  /** A connection took the session over; it gets nothing before `resume`. */
  attach(link: Link): void;
  /** The client has its CONNACK: repeat what it did not acknowledge, then what waited, then live messages. */
  resume(): void;
  detach(): void;
  /** PUBACK or PUBCOMP. */
  acknowledge(packetId: number): void;
  /** PUBREC. */
  receive(packetId: number): void;
  /** Sends the retained messages of these topics, a little at a time. */
  replay(topics: readonly string[]): void;
  /** There is room in the socket again. */
  proceed(): void;
  /** Gives up what still waits; returns how many messages that were. */
  discard(): number;
  /** Gives up what was not sent yet; what waits for its acknowledgement stays. Returns how many messages that were. */
  clear(): number;
  readonly status: DeliveryStatus;
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

interface Entry {
  readonly topic: string;
  readonly qos: Qos;
  readonly frame: PublishFrame;
}

interface InFlight {
  readonly frame: PublishFrame;
  isReceived: boolean;
}

const PACKET_ID_MAX = 65_535;
/** Retained messages sent in one turn of the event loop. */
const REPLAY_SLICE = 200;

/**
 * Why own: the stock delivery writes without a window or a bound, reuses packet ids and lets live messages overtake
 * the queue of a returning client (aedes D13, D20). One client's trouble never reaches another: nothing here waits.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { counters } = options;
  const inFlight = new Map<number, InFlight>();
  let queue: Entry[] = [];
  let queuedBytes = 0;
  let replaying: string[] = [];
  let isReplayPlanned = false;
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

  function canSend(qos: Qos): boolean {
    return (
      isReady && link !== undefined && (qos === 0 || inFlight.size < options.sendWindow) && !link.isFull()
    );
  }

  function nextPacketId(): number {
    do lastPacketId = (lastPacketId % PACKET_ID_MAX) + 1;
    while (inFlight.has(lastPacketId));
    return lastPacketId;
  }

  function send(frame: PublishFrame, qos: Qos): void {
    delivered++;
    countMessage(counters.delivered, qos);
    counters.deliveredBytes += frame.bytes.length;
    if (qos === 0) {
      link?.write(frame.bytes);
      return;
    }
    const packetId = nextPacketId();
    inFlight.set(packetId, { frame, isReceived: false });
    link?.write(withPacketId(frame, packetId, false));
  }

  function enqueue(entry: Entry): void {
    const bytes = entry.frame.bytes.length;
    if (bytes > options.queueBytes) return drop("too-large");
    while (queue.length >= options.queueMessages || queuedBytes + bytes > options.queueBytes) {
      // The newest state matters most, and QoS 0 promised least.
      const index = Math.max(
        0,
        queue.findIndex(({ qos }) => qos === 0),
      );
      const [oldest] = queue.splice(index, 1);
      queuedBytes -= oldest?.frame.bytes.length ?? 0;
      drop("queue-full");
    }
    queue.push(entry);
    queuedBytes += bytes;
  }

  function sendQueued(): void {
    for (let head = queue[0]; head !== undefined && canSend(head.qos); head = queue[0]) {
      queue.shift();
      queuedBytes -= head.frame.bytes.length;
      // Rules may have changed while it waited.
      if (options.mayReceive(head.topic)) send(head.frame, head.qos);
      else counters.denied.receive++;
    }
  }

  function sendRetained(): void {
    isReplayPlanned = false;
    for (let left = REPLAY_SLICE; left > 0 && replaying.length > 0; left--) {
      if (!canSend(0) || link?.isBusy() !== false) return;
      const topic = replaying.at(-1) ?? "";
      // Read now, not when the client subscribed: a live message may have brought a newer value meanwhile.
      const message = options.retained(topic);
      const granted = options.grantedQos(topic);
      if (message !== undefined && granted !== undefined && options.mayReceive(topic)) {
        const qos = lower(message.qos, granted);
        if (!canSend(qos)) return;
        send(createOutgoing(message, true).frame(qos), qos);
      }
      replaying.pop();
    }
    planReplay();
  }

  function planReplay(): void {
    if (isReplayPlanned || replaying.length === 0) return;
    isReplayPlanned = true;
    setImmediate(sendRetained);
  }

  function proceed(): void {
    sendQueued();
    planReplay();
  }

  return {
    deliver(message, grantedQos) {
      if (!options.mayReceive(message.topic)) {
        counters.denied.receive++;
        return;
      }
      const qos = lower(message.qos, grantedQos);
      if (link === undefined && (qos === 0 || !options.isPersistent)) return;
      if (queue.length === 0 && canSend(qos)) return send(message.frame(qos), qos);
      if (qos === 0 && link?.isFull() === true) return drop("too-slow");
      enqueue({ topic: message.topic, qos, frame: message.frame(qos) });
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
      for (const { qos } of queue) if (qos === 0) drop("disconnected");
      queue = queue.filter(({ qos }) => qos > 0);
      queuedBytes = queue.reduce((sum, { frame }) => sum + frame.bytes.length, 0);
    },
    acknowledge(packetId) {
      if (inFlight.delete(packetId)) proceed();
    },
    receive(packetId) {
      const message = inFlight.get(packetId);
      if (message !== undefined) message.isReceived = true;
    },
    replay(topics) {
      // Taken from the end, so the oldest wish stays last in the list.
      replaying = [...topics.toReversed(), ...replaying];
      planReplay();
    },
    proceed,
    discard() {
      const count = queue.length + inFlight.size;
      queue = [];
      queuedBytes = 0;
      inFlight.clear();
      return count;
    },
    clear() {
      const count = queue.length;
      for (let left = count; left > 0; left--) drop("cleared");
      queue = [];
      queuedBytes = 0;
      return count;
    },
    get status() {
      return {
        queued: queue.length,
        queuedBytes,
        inFlight: inFlight.size,
        delivered,
        dropped,
        drops,
      };
    },
  };
}

function lower(one: Qos, other: Qos): Qos {
  return one < other ? one : other;
}
