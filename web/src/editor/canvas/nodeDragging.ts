import { type Ref, type ShallowRef, ref, shallowRef } from "vue";
import { type CanvasHost, placeIn } from "./canvasHost.ts";
import { createEdgePan } from "./edgePan.ts";
import { type Point, snap } from "./geometry.ts";
import { type Gesture, hasMoved } from "./useGestures.ts";
import { wireAt } from "./wireHit.ts";

/** Moving nodes by pointer. The document changes once, when the pointer is released. */
export interface NodeDragging {
  /** Where the dragged nodes are now. */
  readonly places: ShallowRef<ReadonlyMap<string, Point> | undefined>;
  /** The wire that the dragged node would be put into. */
  readonly spliceInto: Ref<string | undefined>;
  begin(start: PointerEvent, node: string): Gesture;
  /** Selects a node, alone or in addition; a second time takes it out again. */
  pick(node: string, add: boolean): void;
}

/** Makes the gesture for one canvas. */
export function createNodeDragging({ view, editor, actions, focusNode }: CanvasHost): NodeDragging {
  const places = shallowRef<ReadonlyMap<string, Point>>();
  const spliceInto = ref<string>();

  function pick(node: string, add: boolean): void {
    const chosen = new Set(add ? editor.selection.value : []);
    if (!chosen.delete(node)) chosen.add(node);
    editor.select(chosen);
    focusNode(node);
  }

  function begin(start: PointerEvent, node: string): Gesture {
    const wasSelected = editor.selection.value.has(node);
    if (start.shiftKey || !wasSelected) pick(node, start.shiftKey);
    else focusNode(node);
    const origin = view.toFlow(start);
    const moving = [...editor.selection.value].map((id) => [id, placeIn(editor, id)] as const);
    const isAlone =
      moving.length === 1 && editor.wires.value.every(({ from, to }) => from !== node && to !== node);
    let last = start;
    const edge = createEdgePan(view, () => follow(last));

    function follow(event: PointerEvent): void {
      const now = view.toFlow(event);
      const [dx, dy] = [now.x - origin.x, now.y - origin.y];
      places.value = new Map(moving.map(([id, at]) => [id, snap({ x: at.x + dx, y: at.y + dy })]));
      if (isAlone) spliceInto.value = wireAt(editor, now, node);
    }

    function stop() {
      edge.stop();
      const dropped = { at: places.value, wire: spliceInto.value };
      places.value = undefined;
      spliceInto.value = undefined;
      return dropped;
    }

    return {
      move(event) {
        last = event;
        if (places.value === undefined && !hasMoved(start, event)) return;
        edge.at(event);
        follow(event);
      },
      end() {
        const { at, wire } = stop();
        if (at !== undefined) actions.move(at, wire);
        else if (!start.shiftKey && wasSelected && editor.selection.value.size > 1) editor.select([node]);
      },
      cancel: () => void stop(),
    };
  }

  return { places, spliceInto, begin, pick };
}
