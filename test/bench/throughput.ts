import { type Figures, type Load, measure, median, spread } from "./measure.ts";
import type { IsMet } from "./report.ts";
import type { Target } from "./targets.ts";

/** One load, on all targets. */
export interface Cell {
  readonly name: string;
  readonly load: Load;
  /** Most CPU for each message, as a ratio to bare aedes in the same run. */
  readonly ratioMax?: number;
  /** Most CPU for each message where the machine is like the reference's. */
  readonly guideMicros?: number;
}

const ROUNDS = 3;

/** Rounds take turns, so that a busy moment of the machine meets all. The first target is the yardstick, the second is the hub. */
export async function compare(cell: Cell, targets: readonly Target[], isMet: IsMet): Promise<void> {
  const figures = targets.map((target) => ({ target, all: [] as Figures[] }));
  const warmUp = { ...cell.load, messages: Math.ceil(cell.load.messages / 10) };
  for (const target of targets) await measure(target, warmUp);
  for (let round = 0; round < ROUNDS; round++)
    for (const { target, all } of figures) all.push(await measure(target, cell.load));
  console.log(cell.name);
  for (const { target, all } of figures) console.log(`  ${target.name.padEnd(12)} ${line(all, cell.load)}`);
  const [bare, hub] = figures;
  const ratios = (hub?.all ?? []).map(
    ({ cpuMicros }, round) => cpuMicros / (bare?.all[round]?.cpuMicros ?? Number.NaN),
  );
  const ratio = median(ratios);
  const { ratioMax, guideMicros } = cell;
  const guide = guideMicros === undefined ? "" : `; guide ${guideMicros} µs`;
  const target =
    ratioMax === undefined ? "" : `target ${ratioMax.toFixed(2)}: ${isMet(cell.name, ratio, ratioMax)}`;
  console.log(`  CPU ratio    ${spread(ratios, 2)}  ${target}${guide}\n`);
}

function line(all: readonly Figures[], { messages, qos = 0, subscribers = 1 }: Load): string {
  const of = (read: (figures: Figures) => number) => median(all.map(read));
  const rate = (read: (figures: Figures) => number) =>
    Math.round(of((one) => read(one) / one.seconds))
      .toLocaleString("en")
      .padStart(7);
  const lost = Math.max(...all.map(({ received }) => messages * Math.max(subscribers, 1) - received));
  return [
    `in ${rate(({ sent }) => sent)}/s`,
    `out ${rate(({ received }) => received)}/s`,
    `p50 ${of(({ p50Ms }) => p50Ms).toFixed(1)} p99 ${of(({ p99Ms }) => p99Ms).toFixed(1)} ms`,
    ...(qos === 1
      ? [`ack p50 ${of((one) => one.ackP50Ms).toFixed(1)} p99 ${of((one) => one.ackP99Ms).toFixed(1)} ms`]
      : []),
    `CPU ${spread(all.map(({ cpuMicros }) => cpuMicros))} µs`,
    ...(lost > 0 ? [`${lost} MISSING`] : []),
  ].join("  ");
}
