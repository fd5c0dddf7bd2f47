import { readConfig } from "./config.ts";
import { type FlowDocument, type FlowNode, parsePortRef } from "./flow.ts";
import { type AnyNode, inputsOf, portsOf } from "./node.ts";
import { type Problem, hasErrors, pointer, quoted } from "./problem.ts";
import { documentProblems } from "./shape.ts";

/** A checked document: with errors `flow` is absent; `configs` holds the compiled settings of each node. */
export interface Validation {
  readonly flow?: FlowDocument;
  readonly configs: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly problems: readonly Problem[];
}

/** Checks a flow document as a whole and reports every problem at once. Never throws. */
export function validateFlow(document: unknown, specs: readonly AnyNode[]): Validation {
  const problems: Problem[] = documentProblems(document);
  const configs = new Map<string, Record<string, unknown>>();
  if (hasErrors(problems)) return { configs, problems };
  const flow = document as FlowDocument;
  const byType = new Map(specs.map((spec) => [spec.type, spec]));
  for (const [id, node] of Object.entries(flow.nodes)) {
    const spec = byType.get(node.type);
    if (spec === undefined) problems.push(unknownType(id, node, specs));
    else configs.set(id, checkNode(id, node, spec, problems));
  }
  const specOf = (id: string) => byType.get(flow.nodes[id]?.type ?? "");
  checkWires(flow, specOf, problems);
  checkUse(flow, specOf, problems);
  return { ...(!hasErrors(problems) && { flow }), configs, problems };
}

function unknownType(id: string, node: FlowNode, specs: readonly AnyNode[]): Problem {
  const known = specs.map((spec) => spec.type).join(", ");
  return {
    code: "node.unknown-type",
    severity: "error",
    node: id,
    path: pointer("nodes", id, "type"),
    message: `There is no node type ${quoted(node.type)}; the types are ${known}.`,
  };
}

function checkNode(id: string, node: FlowNode, spec: AnyNode, problems: Problem[]): Record<string, unknown> {
  const before = problems.length;
  const at = pointer("nodes", id, "config");
  const config = readConfig(spec.fields, node.config ?? {}, ({ path, field, ...problem }) =>
    problems.push({ ...problem, node: id, ...(field !== "" && { field }), path: at + path }),
  );
  if (hasErrors(problems.slice(before))) return config;
  for (const { path, message, severity = "error" } of spec.check?.(config) ?? []) {
    const field = path.replace(/^\//, "").split("/")[0] ?? "";
    problems.push({
      code: "config.combination",
      severity,
      node: id,
      field,
      path: `${at}/${path.replace(/^\//, "")}`,
      message,
    });
  }
  return config;
}

type SpecOf = (node: string) => AnyNode | undefined;

function checkWires(flow: FlowDocument, specOf: SpecOf, problems: Problem[]): void {
  const seen = new Set<string>();
  flow.wires.forEach((wire, index) => {
    const report = (code: string, message: string, end: string, node?: string) =>
      problems.push({
        code,
        severity: "error",
        ...(node !== undefined && { node }),
        path: pointer("wires", index, end),
        message,
      });
    for (const end of ["from", "to"] as const) {
      const { node, port } = parsePortRef(wire[end]);
      const spec = specOf(node);
      if (flow.nodes[node] === undefined) {
        report(
          "wire.dangling",
          `This wire ${end === "from" ? "starts at" : "ends at"} ${quoted(node)}, which is no node of the flow.`,
          end,
        );
      } else if (spec !== undefined) {
        const ports = end === "from" ? portsOf(spec, flow.nodes[node].config ?? {}) : inputsOf(spec);
        const missing = port === undefined ? ports.length === 0 : !ports.includes(port);
        if (missing) report("wire.no-port", portSentence(node, port, ports, end), end, node);
      }
    }
    const same = `${wire.from} ${wire.to}`;
    if (seen.has(same))
      report("wire.double", `The wire from ${wire.from} to ${wire.to} is there twice.`, "from");
    seen.add(same);
  });
  for (const node of nodesInCircle(flow))
    problems.push({
      code: "wire.circle",
      severity: "error",
      node,
      path: pointer("nodes", node),
      message: `The wires lead from ${quoted(node)} back to itself; a flow must not run in a circle.`,
    });
}

function portSentence(
  node: string,
  port: string | undefined,
  ports: readonly string[],
  end: "from" | "to",
): string {
  const kind = end === "from" ? "output" : "input";
  if (ports.length === 0) return `${quoted(node)} has no ${kind}.`;
  return `${quoted(node)} has no ${kind} ${quoted(port ?? "")}; it has ${ports.join(", ")}.`;
}

/** Nodes that can reach themselves: those that remain after peeling off all that have no way out. */
function nodesInCircle(flow: FlowDocument): string[] {
  const next = new Map<string, Set<string>>();
  for (const wire of flow.wires) {
    const from = parsePortRef(wire.from).node;
    const targets = next.get(from) ?? new Set();
    next.set(from, targets.add(parsePortRef(wire.to).node));
  }
  const reaches = (start: string): boolean => {
    const seen = new Set<string>();
    const queue = [...(next.get(start) ?? [])];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (node === start) return true;
      if (!seen.has(node)) queue.push(...(next.get(node) ?? []));
      seen.add(node);
    }
    return false;
  };
  return [...next.keys()].filter(reaches);
}

/** What is allowed and yet hardly meant: nodes that nothing reaches, triggers that lead nowhere. */
function checkUse(flow: FlowDocument, specOf: SpecOf, problems: Problem[]): void {
  const ends = (end: "from" | "to") => new Set(flow.wires.map((wire) => parsePortRef(wire[end]).node));
  const [sources, targets] = [ends("from"), ends("to")];
  for (const id of Object.keys(flow.nodes)) {
    const spec = specOf(id);
    if (spec === undefined) continue;
    if (inputsOf(spec).length > 0 && !targets.has(id))
      problems.push({
        code: "node.unreached",
        severity: "warning",
        node: id,
        path: pointer("nodes", id),
        message: `Nothing leads to ${nameOf(flow, id)}, so it never runs.`,
      });
    if (spec.group === "trigger" && !sources.has(id))
      problems.push({
        code: "node.unused",
        severity: "warning",
        node: id,
        path: pointer("nodes", id),
        message: `Nothing follows ${nameOf(flow, id)}, so it has no effect.`,
      });
  }
  if (
    Object.keys(flow.nodes).length > 0 &&
    !Object.keys(flow.nodes).some((id) => specOf(id)?.group === "trigger")
  )
    problems.push({
      code: "flow.no-trigger",
      severity: "warning",
      path: "/nodes",
      message: "The flow has no trigger, so nothing sets it off.",
    });
}

function nameOf(flow: FlowDocument, id: string): string {
  return quoted(flow.nodes[id]?.name ?? id);
}
