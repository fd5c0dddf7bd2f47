import { generate } from "mqtt-packet";
import { type Introduction, type Wire, openWire, subscribeOn } from "./wire.ts";

/** A publisher and a subscriber that exchange big messages of QoS 0 at a fixed rate. */
export interface Flood {
  /** Exchanges messages for so long; answers when the last one is there or late. */
  run(spanMs: number): Promise<FloodCount>;
  end(): void;
}

/** What was sent, and what of it arrived before it was too late. */
export interface FloodCount {
  readonly sent: number;
  readonly received: number;
  /** From the last message sent to the last one received. */
  readonly lagMs: number;
}

/** Who floods what. */
export interface FloodOptions {
  readonly port: number;
  readonly identity: Pick<Introduction, "username" | "password">;
  readonly topic: string;
  readonly perSecond: number;
}

const PAYLOAD_BYTES = 2_048;
/** More than the system and the hub buffer for one connection. */
const FILL_BYTES = 16 * 1024 * 1024;
const TICK_MS = 5;
/** What takes longer than this does not count as delivered. */
const LATE_MS = 500;

/** Opens both ends. */
export async function openFlood({ port, identity, topic, perSecond }: FloodOptions): Promise<Flood> {
  let sent = 0;
  let received = 0;
  const publisher = await openWire({ ...identity, port, clientId: `${topic} from` });
  const subscriber = await openWire({ ...identity, port, clientId: `${topic} to` }, ({ cmd }) => {
    if (cmd === "publish") received++;
  });
  await subscribeOn(subscriber, topic, 0);
  const bytes = bytesOf(topic);

  function sendUpTo(goal: number): void {
    const due = Math.min(goal - sent, perSecond);
    if (due <= 0) return;
    sent += due;
    publisher.socket.write(Buffer.concat(Array.from({ length: due }, () => bytes)));
  }

  return {
    async run(spanMs) {
      [sent, received] = [0, 0];
      const startedAt = performance.now();
      await each(TICK_MS, () => {
        const spent = Math.min(performance.now() - startedAt, spanMs);
        sendUpTo(Math.floor((spent / 1_000) * perSecond));
        return spent < spanMs;
      });
      const endedAt = performance.now();
      await each(TICK_MS, () => received < sent && performance.now() < endedAt + LATE_MS);
      const lagMs = performance.now() - endedAt;
      return { sent, received, lagMs };
    },
    end() {
      publisher.socket.destroy();
      subscriber.socket.destroy();
    },
  };
}

/** Where to freeze. */
export interface Freeze {
  readonly port: number;
  readonly identity: FloodOptions["identity"];
  readonly filter: string;
}

/** A subscriber that takes nothing from its socket any more, with all buffers on the way to it full. */
export async function openFrozen({ port, identity, filter }: Freeze): Promise<Wire> {
  const frozen = await openWire({ ...identity, port, clientId: "frozen" });
  await subscribeOn(frozen, filter, 0);
  await subscribeOn(frozen, "fill", 0);
  frozen.socket.pause();
  const filler = await openWire({ ...identity, port, clientId: "filler" });
  const bytes = bytesOf("fill");
  for (let sent = 0; sent < FILL_BYTES; sent += bytes.length) filler.socket.write(bytes);
  filler.send({ cmd: "disconnect" });
  filler.socket.end();
  await filler.closed;
  return frozen;
}

function bytesOf(topic: string): Buffer {
  const payload = Buffer.alloc(PAYLOAD_BYTES, "x");
  return generate({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false });
}

function each(everyMs: number, act: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (act()) return;
      clearInterval(timer);
      resolve();
    }, everyMs);
  });
}
