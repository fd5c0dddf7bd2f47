import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { LoadOrder, LoadResult } from "./load.ts";
import { cpuSeconds } from "./processFigures.ts";
import type { Target } from "./targets.ts";

/** What one run of the generator showed. */
export interface Figures extends LoadResult {
  /** CPU time of the broker, user and system, for each message it delivered (or took, when nobody listens). */
  readonly cpuMicros: number;
}

/** A load without the place it goes to. */
export type Load = Partial<Omit<LoadOrder, "port" | "username" | "password">> & { readonly messages: number };

const usual: Omit<LoadOrder, "port" | "messages"> = {
  publishTo: "bench/in",
  listenTo: "bench/in/#",
  topics: 1,
  publishers: 1,
  subscribers: 1,
  qos: 0,
  retain: false,
  isDurable: false,
  perSecond: 0,
  windowMessages: 2_000,
  batch: 1,
};

/** Runs the generator once, in a process of its own. */
export async function measure({ pid, place, listenTo }: Target, load: Load): Promise<Figures> {
  const before = cpuSeconds(pid);
  const order: LoadOrder = { ...usual, ...load, ...place, ...(listenTo !== undefined && { listenTo }) };
  const args = ["--import", "tsx", "test/bench/load.ts", JSON.stringify(order)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const result = JSON.parse(stdout) as LoadResult;
  return { ...result, cpuMicros: ((cpuSeconds(pid) - before) * 1e6) / result.received };
}

/** The middle one of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Values with their spread: the median, then the lowest and the highest. */
export function spread(values: readonly number[], digits = 1): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}
