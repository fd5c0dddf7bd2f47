import { type Publisher, createPublisher } from "./publisher.ts";
import type { Random } from "./random.ts";
import type { Introduction } from "./wire.ts";

/** Several publishers that keep a hub busy. */
export interface Load {
  readonly publishers: readonly Publisher[];
  /** Messages the hub has answered for so far. */
  readonly acked: number;
  connect(port: number): Promise<void>;
  /** So many more messages of each publisher may go out. */
  allow(messages: number): void;
  /** Resolves at the moment when so many more messages are acknowledged. */
  ackedMore(messages: number): Promise<void>;
  /** Resolves once everything allowed so far is acknowledged. */
  settled(): Promise<void>;
  /** Resolves when all connections have ended and everything that came over them is counted. */
  closed(): Promise<void>;
  end(): void;
}

/** How many publishers, and how eager each is. */
export interface LoadOptions {
  readonly identity: Pick<Introduction, "username" | "password">;
  readonly random: Random;
  readonly publishers: number;
  readonly windowMessages: number;
}

/** Creates publishers that are not connected. */
export function createLoad({ identity, random, publishers: count, windowMessages }: LoadOptions): Load {
  let acked = 0;
  let look = () => {};
  const onAcked = () => {
    acked++;
    look();
  };
  const publishers = Array.from({ length: count }, (_, index) =>
    createPublisher({ name: `p${index}`, identity, random, windowMessages, onAcked }),
  );
  const all = async (act: (publisher: Publisher) => Promise<void>) => {
    await Promise.all(publishers.map(act));
  };
  return {
    publishers,
    get acked() {
      return acked;
    },
    connect: (port) => all((publisher) => publisher.connect(port)),
    allow(messages) {
      for (const publisher of publishers) publisher.allow(messages);
    },
    ackedMore(messages) {
      const goal = acked + messages;
      return new Promise((resolve) => {
        look = () => acked >= goal && resolve();
        look();
      });
    },
    settled: () => all((publisher) => publisher.settled()),
    closed: () => all((publisher) => publisher.closed()),
    end() {
      for (const publisher of publishers) publisher.end();
    },
  };
}
