import type { Evaluate } from "./closures.ts";
import { checkLength, truthy } from "./coerce.ts";
import { spend, type Budget } from "./budget.ts";
import type { OperationPart, Part } from "./parts.ts";

/** Walks a list that is already there. */
export type WalkList = (list: unknown, data: unknown, budget: Budget) => unknown;

/** Parts of a body that one step pays for, so that a large body over a long list cannot stall the hub. */
const BODY_PARTS_PER_STEP = 16;

const listOperators: ReadonlySet<string> = new Set(["map", "filter", "reduce", "all", "some", "none"]);

/** True for the operators that run a body for each item of a list. */
export function isListOperator(op: string): boolean {
  return listOperators.has(op);
}

/** Compiles a list operator with the values of JsonLogic. */
export function compileListOperator(
  part: OperationPart,
  compile: (part: Part | undefined) => Evaluate,
): Evaluate {
  const source = compile(part.operands[0]);
  const walk = compileWalk(part, compile);
  return (data, budget) => walk(source(data, budget), data, budget);
}

/** The same without the list itself. In the body the outer data is out of reach, as in JsonLogic. */
export function compileWalk(part: OperationPart, compile: (part: Part | undefined) => Evaluate): WalkList {
  const { op, operands } = part;
  const body = compile(operands[1]);
  const costs = stepsPerItem(part);
  if (op === "reduce")
    return compileReduce(body, operands[2] === undefined ? () => null : compile(operands[2]), costs);
  const { empty, walk } = walks.get(op) ?? noWalk;
  return (list, _, budget) => {
    if (!Array.isArray(list) || list.length === 0) return empty();
    enterList(list, costs, budget);
    return walk(list, (item) => body(item, budget));
  };
}

/** What one item of the list costs: a step for each begun 16 parts of the body. */
export function stepsPerItem({ operands: [list], size }: OperationPart): number {
  const listSize = list?.kind === "operation" ? list.size : 1;
  return Math.max(1, Math.ceil((size - 1 - listSize) / BODY_PARTS_PER_STEP));
}

/** Pays for a walk over a list, and refuses one that is too long. */
export function enterList(list: readonly unknown[], costs: number, budget: Budget): void {
  checkLength(list.length);
  spend(budget, list.length * costs);
}

type Body = (item: unknown) => unknown;

interface Walk {
  /** For an empty list, and for what is no list. */
  readonly empty: () => unknown;
  readonly walk: (list: readonly unknown[], body: Body) => unknown;
}

const noWalk: Walk = { empty: () => null, walk: () => null };

const walks: ReadonlyMap<string, Walk> = new Map<string, Walk>([
  ["map", { empty: () => [], walk: (list, body) => list.map((item) => body(item)) }],
  [
    "filter",
    {
      empty: () => [],
      walk: (list, body) => list.filter((item) => truthy(body(item))),
    },
  ],
  [
    "all",
    {
      empty: () => false,
      walk: (list, body) => list.every((item) => truthy(body(item))),
    },
  ],
  [
    "some",
    {
      empty: () => false,
      walk: (list, body) => list.some((item) => truthy(body(item))),
    },
  ],
  [
    "none",
    {
      empty: () => true,
      walk: (list, body) => !list.some((item) => truthy(body(item))),
    },
  ],
]);

function compileReduce(body: Evaluate, initial: Evaluate, costs: number): WalkList {
  return (list, data, budget) => {
    let accumulator = initial(data, budget);
    if (!Array.isArray(list)) return accumulator;
    enterList(list, costs, budget);
    // A fresh frame for each item: a reused one would leak through `{"var":""}`, which hands out the frame itself.
    for (const current of list as readonly unknown[]) accumulator = body({ current, accumulator }, budget);
    return accumulator;
  };
}
