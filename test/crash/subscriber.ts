import type { Packet } from "mqtt-packet";
import { type Introduction, type Wire, openWire, subscribeOn } from "./wire.ts";

/** One message as it came. */
export interface Received {
  readonly topic: string;
  readonly number: number;
  readonly qos: 0 | 1 | 2;
  readonly isDup: boolean;
}

/** A subscriber whose session outlives its connections; it counts a QoS 2 message once, as the protocol lets it. */
export interface Subscriber {
  readonly name: string;
  readonly received: readonly Received[];
  /** What went wrong with its session. */
  readonly problems: readonly string[];
  connect(port: number): Promise<void>;
  /** Resolves once `fits` is true of what has come; rejects when nothing comes any more. */
  until(fits: () => boolean): Promise<void>;
  /** Leaves with DISCONNECT. */
  leave(): Promise<void>;
}

/** How a subscriber connects, and to what it listens. */
export interface SubscriberOptions {
  readonly name: string;
  readonly identity: Pick<Introduction, "username" | "password">;
  readonly filter: string;
}

const QUIET_MAX_MS = 5_000;
const LOOK_MS = 20;

/** Creates a subscriber that is not connected. */
export function createSubscriber({ name, identity, filter }: SubscriberOptions): Subscriber {
  const received: Received[] = [];
  const problems: string[] = [];
  /** QoS 2 messages it has and whose PUBREL is still to come. */
  const held = new Set<number>();
  let wire: Wire | undefined;
  let hasSession = false;

  function onPacket(packet: Packet): void {
    const { messageId = 0 } = packet;
    if (packet.cmd === "publish") {
      if (packet.qos < 2 || !held.has(messageId)) note(packet);
      if (packet.qos === 1) wire?.send({ cmd: "puback", messageId });
      if (packet.qos === 2) {
        held.add(messageId);
        wire?.send({ cmd: "pubrec", messageId });
      }
    } else if (packet.cmd === "pubrel") {
      held.delete(messageId);
      wire?.send({ cmd: "pubcomp", messageId });
    }
  }

  function note({ topic, payload, qos, dup }: Packet & { readonly cmd: "publish" }): void {
    received.push({ topic, number: Number(payload.toString()), qos, isDup: dup });
  }

  return {
    name,
    received,
    problems,
    async connect(port) {
      // The backlog may come in one segment with the CONNACK: it is answered a moment later, when there is a wire.
      const early: Packet[] = [];
      const opened = await openWire({ ...identity, port, clientId: name, clean: false }, (packet) =>
        wire === undefined ? early.push(packet) : onPacket(packet),
      );
      wire = opened;
      void opened.closed.then(() => (wire = undefined));
      if (hasSession && !opened.isResumed) problems.push(`The session of ${name} is gone.`);
      for (const packet of early) onPacket(packet);
      if (!hasSession) await subscribeOn(opened, filter, 2);
      hasSession = true;
    },
    async until(fits) {
      let count = received.length;
      let changedAt = performance.now();
      while (!fits()) {
        if (received.length > count) [count, changedAt] = [received.length, performance.now()];
        if (performance.now() - changedAt > QUIET_MAX_MS)
          throw new Error(`${name} got nothing more for ${QUIET_MAX_MS} ms, after ${count} messages.`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    async leave() {
      const closed = wire?.closed;
      wire?.send({ cmd: "disconnect" });
      wire?.socket.end();
      await closed;
    },
  };
}
