import { openExchange } from "./exchange.ts";
import { connectBytes, packetBytes, text } from "./packetBytes.ts";
import { inTurn, type TestBroker } from "./testBroker.ts";

/** How a connection ended: the words that were counted for it, and what it was sent before. */
export interface Ending {
  readonly words: readonly string[];
  readonly answer: string;
}

/** Raw questions to a broker, one connection each. */
export interface Probe {
  /** What bytes behind a CONNACK lead to, if they end the connection. */
  endingOf(bytes: Uint8Array): Promise<Ending>;
  /** The same for the first bytes of a connection. */
  endingOfFirst(bytes: Uint8Array): Promise<Ending>;
  /** What each step was answered with, in hex and as long as expected; the first is the CONNECT, the last a PINGREQ. */
  answers(steps: readonly Step[], first?: Uint8Array): Promise<readonly string[]>;
}

/** Bytes, and the answer that is waited for. */
export type Step = readonly [bytes: Uint8Array, answer: string];

/** What a conversation that stays open is framed by. */
export function framed(steps: readonly Step[]): readonly string[] {
  return ["20020000", ...steps.map(([, answer]) => answer), "d000"];
}

/** An end without answer, counted under one word. */
export function endedBy(word: string, answer = ""): Ending {
  return { words: [word], answer };
}

/** Creates a probe that uses a new client id for each connection. */
export function createProbe(hub: () => TestBroker): Probe {
  let clients = 0;
  const login = (): Buffer => connectBytes({ payload: [text(`probe-${clients++}`)] });

  async function ending(bytes: Uint8Array, first?: Uint8Array): Promise<Ending> {
    const before = { ...hub().broker.stats().refused };
    const exchange = openExchange(hub().port);
    if (first !== undefined) {
      exchange.send(first);
      await exchange.receive(4);
    }
    exchange.send(bytes);
    const answer = await exchange.rest();
    const counted = Object.entries(hub().broker.stats().refused);
    return {
      words: counted.filter(([word, count]) => count !== (before[word] ?? 0)).map(([word]) => word),
      answer,
    };
  }

  return {
    endingOf: (bytes) => ending(bytes, login()),
    endingOfFirst: (bytes) => ending(bytes),
    async answers(steps, first = login()) {
      const exchange = openExchange(hub().port);
      const answers: string[] = [];
      const all: readonly Step[] = [[first, "20020000"], ...steps, [packetBytes(0xc0), "d000"]];
      await inTurn(all.length, async (index) => {
        const [bytes, answer] = all[index] ?? [first, ""];
        exchange.send(bytes);
        answers.push(await exchange.receive(answer.length / 2));
      });
      exchange.socket.destroy();
      return answers;
    },
  };
}
