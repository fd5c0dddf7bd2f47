import type { AnyNode } from "../node.ts";

/** Every node type: one line each. */
export const nodes: readonly AnyNode[] = [];
