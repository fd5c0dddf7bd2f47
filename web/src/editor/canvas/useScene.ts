import { type ComputedRef, type Ref, type ShallowRef, computed } from "vue";
import type { FlowNode } from "#flows/flow.ts";
import type { Problem } from "#flows/problem.ts";
import type { FlowEditor } from "../flowEditor.ts";
import type { WireEnds } from "../graph.ts";
import { specOf, titleOf } from "../specs.ts";
import { placeIn, shapeIn } from "./canvasHost.ts";
import { wireInArea } from "./culling.ts";
import { type Box, type Point, inPoint, nodeBox, outPoint, overlaps, wirePath } from "./geometry.ts";
import type { CanvasView } from "./useView.ts";

/** A wire with the place of its ends and its curve. */
export interface DrawnWire extends WireEnds {
  readonly a: Point;
  readonly b: Point;
  readonly path: string;
}

/** A node as map and far view show it. */
export interface MapNode {
  readonly id: string;
  readonly box: Box;
  readonly group: string;
  readonly failing: boolean;
}

/** What there is to draw: of a large flow only what is near the view. */
export interface Scene {
  readonly nodes: ComputedRef<readonly (readonly [string, FlowNode])[]>;
  readonly shown: ComputedRef<readonly (readonly [string, FlowNode])[]>;
  readonly shownWires: ComputedRef<readonly DrawnWire[]>;
  readonly mapNodes: ComputedRef<readonly MapNode[]>;
  placeOf(id: string): Point;
  boxOf(id: string): Box;
  drawn(wire: WireEnds): DrawnWire;
  problemOf(id: string): Problem | undefined;
  leadsTo(id: string): string;
}

/** What the scene follows. */
export interface SceneParts {
  readonly editor: FlowEditor;
  readonly view: CanvasView;
  readonly dragged: ShallowRef<ReadonlyMap<string, Point> | undefined>;
  /** The focused node keeps its element at any zoom, so that the focus is never lost. */
  readonly current: Ref<string | undefined>;
  readonly problems: () => readonly Problem[];
}

/** Works out the scene from document, view and drag. */
export function useScene({ editor, view, dragged, current, problems }: SceneParts): Scene {
  const nodes = computed(() => Object.entries(editor.document.value.nodes));
  const placeOf = (id: string): Point => dragged.value?.get(id) ?? placeIn(editor, id);
  const boxOf = (id: string): Box => nodeBox(placeOf(id), shapeIn(editor, id));
  const worst = computed(() => worstOf(problems()));
  const targets = computed(() => targetsOf(editor));

  function drawn(wire: WireEnds): DrawnWire {
    const a = outPoint(placeOf(wire.from), shapeIn(editor, wire.from), wire.fromPort);
    const b = inPoint(placeOf(wire.to), shapeIn(editor, wire.to), wire.toPort);
    const [from, to] = [boxOf(wire.from), boxOf(wire.to)];
    const path = wirePath(a, b, Math.max(from.y + from.height, to.y + to.height));
    return Object.assign({}, wire, { a, b, path });
  }

  return {
    nodes,
    placeOf,
    boxOf,
    drawn,
    shown: computed(() =>
      nodes.value.filter(
        ([id]) =>
          id === current.value ||
          dragged.value?.has(id) === true ||
          (!view.far.value && overlaps(boxOf(id), view.area.value)),
      ),
    ),
    shownWires: computed(() => {
      if (view.far.value) return [];
      const near = editor.wires.value.filter(({ from, to }) =>
        wireInArea(boxOf(from), boxOf(to), view.area.value),
      );
      return near.map(drawn);
    }),
    mapNodes: computed(() =>
      nodes.value.map(([id, { type }]) => ({
        id,
        box: boxOf(id),
        group: specOf(type)?.group ?? "device",
        failing: worst.value.get(id)?.severity === "error",
      })),
    ),
    problemOf: (id) => worst.value.get(id),
    leadsTo: (id) => (targets.value.get(id) ?? []).join(", "),
  };
}

function worstOf(problems: readonly Problem[]): ReadonlyMap<string, Problem> {
  const worst = new Map<string, Problem>();
  for (const problem of problems) {
    if (problem.node === undefined || worst.get(problem.node)?.severity === "error") continue;
    if (problem.severity === "error" || !worst.has(problem.node)) worst.set(problem.node, problem);
  }
  return worst;
}

function targetsOf({ document, wires }: FlowEditor): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  for (const { from, to } of wires.value) {
    const target = document.value.nodes[to];
    if (target !== undefined) names.set(from, [...(names.get(from) ?? []), titleOf(target)]);
  }
  return names;
}
