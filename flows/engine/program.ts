import type { KeyRule } from "../expressions.ts";
import type { Field } from "../field.ts";
import { type FlowDocument, parsePortRef } from "../flow.ts";
import { type AnyNode, type Interest, type OverduePolicy, portsOf } from "../node.ts";
import type { Problem } from "../problem.ts";
import { validateFlow } from "../validate.ts";

/** A node of a program: its settings compiled, its wires resolved. */
export interface ProgramNode {
  readonly id: string;
  readonly spec: AnyNode;
  readonly config: Readonly<Record<string, unknown>>;
  readonly isDisabled: boolean;
  /** Whose state it is; `undefined` where the node keeps one for all. */
  readonly key: KeyRule | undefined;
  readonly overdue: OverduePolicy;
  /** What follows each port, in the order of the wires in the document. */
  readonly outputs: Map<string, Target[]>;
  /** Says what the node means: type and settings. State survives as long as it does not change. */
  readonly meaning: string;
}

export interface Target {
  readonly node: ProgramNode;
  readonly input: string;
}

/** A flow, ready to run. It holds no state: the same program serves live runs, tests and dry runs. */
export interface Program {
  readonly flow: FlowDocument;
  readonly nodes: ReadonlyMap<string, ProgramNode>;
  readonly listens: readonly { readonly node: ProgramNode; readonly interest: Interest }[];
}

/** Compiles a document. With errors the program is absent, and the problems say why. Never throws. */
export function compileFlow(
  document: unknown,
  specs: readonly AnyNode[],
): { readonly program?: Program; readonly problems: readonly Problem[] } {
  const { flow, configs, problems } = validateFlow(document, specs);
  if (flow === undefined) return { problems };
  const byType = new Map(specs.map((spec) => [spec.type, spec]));
  const nodes = new Map<string, ProgramNode>();
  for (const [id, { type, config, disabled }] of Object.entries(flow.nodes)) {
    const spec = byType.get(type)!;
    nodes.set(id, programNode(id, spec, configs.get(id)!, config ?? {}, disabled === true));
  }
  for (const wire of flow.wires) connect(nodes, flow, wire.from, wire.to);
  const listens = [...nodes.values()]
    .filter((node) => !node.isDisabled)
    .flatMap((node) => (node.spec.listens?.(node.config) ?? []).map((interest) => ({ node, interest })));
  return { program: { flow, nodes, listens }, problems };
}

function programNode(
  id: string,
  spec: AnyNode,
  config: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
  isDisabled: boolean,
): ProgramNode {
  return {
    id,
    spec,
    config,
    isDisabled,
    key: spec.initial === undefined ? undefined : (config["key"] as KeyRule | undefined),
    overdue: typeof spec.overdue === "function" ? spec.overdue(config) : (spec.overdue ?? "verify"),
    outputs: new Map(),
    meaning: meaningOf(spec, stored),
  };
}

function meaningOf(spec: AnyNode, stored: Readonly<Record<string, unknown>>): string {
  const settings = Object.entries<Field>(spec.fields)
    .filter(([, field]) => field.cosmetic !== true)
    .map(([name, field]) => [name, stored[name] ?? field.default ?? null]);
  return JSON.stringify([spec.type, settings]);
}

function connect(nodes: Map<string, ProgramNode>, flow: FlowDocument, from: string, to: string): void {
  const [source, target] = [parsePortRef(from), parsePortRef(to)];
  const [sender, receiver] = [nodes.get(source.node)!, nodes.get(target.node)!];
  const port = source.port ?? portsOf(sender.spec, flow.nodes[source.node]?.config ?? {})[0]!;
  const targets = sender.outputs.get(port) ?? [];
  targets.push({ node: receiver, input: target.port ?? "in" });
  sender.outputs.set(port, targets);
}
