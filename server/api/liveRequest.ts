import type { LiveRequest } from "./contract.ts";
import { isRecord } from "./isRecord.ts";

/** Characters of a flow id and of a topic filter. */
const TEXT_LENGTH = 1_024;

/** Reads what an editor says; `undefined` for anything else. */
export function readLiveRequest(data: string): LiveRequest | undefined {
  const said = parse(data);
  if (said["type"] === "ping") return { type: "ping" };
  if (said["type"] === "watch-flow" && isTarget(said["flow"]))
    return { type: "watch-flow", flow: said["flow"] };
  if (said["type"] === "watch-topics" && isTarget(said["filter"]))
    return { type: "watch-topics", filter: said["filter"] };
  return undefined;
}

function parse(data: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(data);
    return isRecord(value) ? value : {};
  } catch {
    // What is not JSON is not a request either; the socket is closed for it.
    return {};
  }
}

function isTarget(value: unknown): value is string | null {
  return value === null || (typeof value === "string" && value !== "" && value.length <= TEXT_LENGTH);
}
