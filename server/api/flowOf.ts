import type { FlowDetail } from "./contract.ts";
import { found } from "./ids.ts";
import type { FlowsPart } from "./parts.ts";
import { checkRevision } from "./revision.ts";

/** The flow of an id, or the problem that there is none. */
export function flowOf(flows: FlowsPart, id: string): FlowDetail {
  return found(flows.get(id), "flow.unknown", "flow", id);
}

/** The revision a writer insists on, checked against the stored one; `undefined` where they do not. */
export function expectedRevision(
  flows: FlowsPart,
  id: string,
  given: number | "any" | undefined,
): number | undefined {
  const { revision } = flowOf(flows, id);
  checkRevision(given, revision);
  return given === undefined || given === "any" ? undefined : revision;
}
