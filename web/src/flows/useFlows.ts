import { onScopeDispose, shallowRef } from "vue";
import type { FlowSummary } from "#server/api/contract.ts";
import { api } from "../api.ts";
import { toast, toastError } from "../ui/toasts.ts";
import { type Resource, useResource } from "../ui/useResource.ts";
import { useLiveEvent, useLiveResume } from "../useLiveEvent.ts";
import { downloadFlow } from "../ui/downloadFlow.ts";

/** A removal waits so long for "Undo"; nothing at the hub has changed until then. */
const UNDO_MS = 6_000;

/** The flows of the hub and what the list can do with them. */
export interface Flows {
  readonly resource: Resource<readonly FlowSummary[]>;
  switchFlow(flow: FlowSummary, on: boolean): Promise<void>;
  duplicate(flow: FlowSummary): Promise<void>;
  exportFlow(flow: FlowSummary): Promise<void>;
  remove(flow: FlowSummary): void;
}

/** Loads the flows and keeps them in step with what the hub tells. */
export function useFlows(): Flows {
  const removed = shallowRef<ReadonlyMap<string, ReturnType<typeof setTimeout>>>(new Map());
  const withoutRemoved = (flows: readonly FlowSummary[]): readonly FlowSummary[] =>
    flows.filter(({ id }) => !removed.value.has(id));
  const resource = useResource(async () => withoutRemoved(await api.flows()));

  useLiveResume(() => void resource.reload());
  useLiveEvent("flow", ({ flow }) => put(flow));
  useLiveEvent("flow-removed", ({ flow }) => drop(flow));

  function put(flow: FlowSummary): void {
    const flows = resource.data.value;
    if (flows === undefined) return;
    const known = flows.some(({ id }) => id === flow.id);
    const next = known ? flows.map((other) => (other.id === flow.id ? flow : other)) : [...flows, flow];
    resource.data.value = withoutRemoved(next);
  }

  function drop(id: string): void {
    resource.data.value = resource.data.value?.filter((flow) => flow.id !== id);
  }

  function remove(flow: FlowSummary): void {
    const timer = setTimeout(() => removeNow(flow.id), UNDO_MS);
    removed.value = new Map(removed.value).set(flow.id, timer);
    drop(flow.id);
    toast(`“${flow.name}” is deleted.`, { label: "Undo", run: () => restore(flow) });
  }

  function restore(flow: FlowSummary): void {
    const timers = new Map(removed.value);
    clearTimeout(timers.get(flow.id));
    timers.delete(flow.id);
    removed.value = timers;
    void resource.reload();
  }

  function removeNow(id: string): void {
    clearTimeout(removed.value.get(id));
    api.removeFlow(id).catch((error: unknown) => {
      toastError(error);
      void resource.reload();
    });
  }

  // Leaving the page settles what still waits; the request outlives the page.
  const settle = (): void => {
    for (const id of removed.value.keys()) removeNow(id);
    removed.value = new Map();
  };
  window.addEventListener("pagehide", settle);
  onScopeDispose(() => {
    window.removeEventListener("pagehide", settle);
    settle();
  });

  return {
    resource,
    switchFlow: (flow, on) => attempt(async () => put(await api.switchFlow(flow.id, on))),
    duplicate: (flow) =>
      attempt(async () => {
        const { draft } = await api.flow(flow.id);
        put(await api.createFlow({ document: { ...draft, name: `${draft.name} (copy)` } }));
      }),
    exportFlow: (flow) => attempt(async () => downloadFlow(await api.exportFlow(flow.id))),
    remove,
  };
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    toastError(error);
  }
}
