import type { InjectionKey } from "vue";
import type { LiveValue } from "#server/api/contract.ts";

/** What last left the ports of the nodes. Cards and wires are told directly: a value must not render the page. */
export interface LiveValues {
  put(values: readonly LiveValue[]): void;
  ofNode(node: string): LiveValue | undefined;
  ofPort(node: string, port: string): LiveValue | undefined;
  /** How many messages left a node since the page was opened. */
  countOf(node: string): number;
  /** Calls back at most once a frame for all changes of a node. Returns its own off. */
  watch(node: string, listener: () => void): () => void;
  clear(): void;
}

export const LIVE_VALUES: InjectionKey<LiveValues> = Symbol("live values");

/** Keeps the newest value of each port; `nextFrame` says when listeners are called. */
export function createLiveValues(
  nextFrame: (work: () => void) => void = (work) => void requestAnimationFrame(work),
): LiveValues {
  const ports = new Map<string, Map<string, LiveValue>>();
  const listeners = new Map<string, Set<() => void>>();
  let changed = new Set<string>();

  function flush(): void {
    const nodes = changed;
    changed = new Set();
    for (const node of nodes) for (const listener of listeners.get(node) ?? []) listener();
  }

  function touch(node: string): void {
    if (changed.size === 0) nextFrame(flush);
    changed.add(node);
  }

  return {
    put(values) {
      for (const value of values) {
        const known = ports.get(value.node) ?? new Map<string, LiveValue>();
        // The hub counts from frame to frame; what is shown counts from the opening of the page.
        const count = (known.get(value.port)?.count ?? 0) + value.count;
        ports.set(value.node, known.set(value.port, { ...value, count }));
        touch(value.node);
      }
    },
    ofNode(node) {
      let newest: LiveValue | undefined;
      for (const value of ports.get(node)?.values() ?? [])
        if (newest === undefined || value.at >= newest.at) newest = value;
      return newest;
    },
    ofPort: (node, port) => ports.get(node)?.get(port),
    countOf(node) {
      let count = 0;
      for (const value of ports.get(node)?.values() ?? []) count += value.count;
      return count;
    },
    watch(node, listener) {
      const set = listeners.get(node) ?? new Set();
      listeners.set(node, set.add(listener));
      return () => set.delete(listener);
    },
    clear() {
      for (const node of ports.keys()) touch(node);
      ports.clear();
    },
  };
}
