import { type Figures, type Load, measure, median, spread } from "./measure.ts";
import type { IsMet } from "./report.ts";
import type { Target } from "./targets.ts";
import { type Cell, compare } from "./throughput.ts";

const manyPublishers = { publishers: 50, topics: 50, batch: 1 };

/** Ratios: the reference (broker, 6.2) where it is reached for sure, else what bare aedes takes. */
const cells: readonly Cell[] = [
  {
    name: "QoS 0, 1 to 1, 20 packets a write",
    load: { messages: 300_000, batch: 20 },
    ratioMax: 0.75,
    guideMicros: 7,
  },
  {
    name: "QoS 0, 50 to 1, one packet a write",
    load: { messages: 100_000, ...manyPublishers },
    ratioMax: 1,
  },
  {
    name: "QoS 1, 1 to 1, 20 packets a write",
    load: { messages: 150_000, qos: 1, windowMessages: 500, batch: 20 },
    ratioMax: 0.85,
  },
  {
    name: "QoS 1, 50 to 1, one packet a write",
    load: { messages: 100_000, qos: 1, windowMessages: 500, ...manyPublishers },
    ratioMax: 1,
  },
  {
    name: "QoS 0, 1 to 1,000, for each delivery",
    load: { messages: 300, subscribers: 1_000, windowMessages: 20 },
    guideMicros: 2,
  },
  {
    name: "QoS 0, nobody listens, 20 packets a write",
    load: { messages: 300_000, subscribers: 0, batch: 20 },
    guideMicros: 4,
  },
];

/** CPU of the broker for each message. */
export async function brokerCells(targets: readonly Target[], isMet: IsMet): Promise<void> {
  for (const cell of cells) await compare(cell, targets, isMet);
}

const ROUNDS = 5;
const RATE_PART_MIN = 0.4;
const usual: Load = { messages: 60_000, qos: 1, windowMessages: 500, batch: 20 };
const inMemory = "in memory only";
const durableLoads: readonly { readonly name: string; readonly load: Load }[] = [
  { name: inMemory, load: usual },
  { name: "for a kept session", load: { ...usual, isDurable: true } },
  { name: "retained, 1,000 topics", load: { ...usual, retain: true, topics: 1_000 } },
];

/** What it costs that an acknowledged message survives a crash: rates of the hub beside its own in memory. */
export async function durability([, hub]: readonly Target[], isMet: IsMet): Promise<void> {
  if (hub === undefined) return;
  const figures = durableLoads.map(({ name, load }) => ({ name, load, all: [] as Figures[] }));
  for (let round = 0; round <= ROUNDS; round++)
    for (const { load, all } of figures) {
      const one = await measure(hub, load);
      // The first round warms up.
      if (round > 0) all.push(one);
    }
  console.log("QoS 1, 1 to 1, 20 packets a write, acknowledged when");
  const rates = (all: readonly Figures[]): readonly number[] =>
    all.map(({ received, seconds }) => received / seconds);
  const memory = rates(figures[0]?.all ?? []);
  for (const { name, all } of figures) {
    const ratios = rates(all).map((rate, round) => rate / (memory[round] ?? Number.NaN));
    const ms = (read: (one: Figures) => number): string => median(all.map(read)).toFixed(1);
    const part =
      name === inMemory
        ? ""
        : `  part of it ${spread(ratios, 2)} ${isMet(`rate in memory / ${name}`, 1 / median(ratios), 1 / RATE_PART_MIN)}`;
    console.log(
      `  ${name.padEnd(24)} ${spread(rates(all), 0)}/s  ack p50 ${ms((one) => one.ackP50Ms)} p99 ${ms((one) => one.ackP99Ms)} ms` +
        `  CPU ${spread(all.map(({ cpuMicros }) => cpuMicros))} µs${part}`,
    );
  }
  console.log("");
}
