import { type ShallowRef, shallowRef } from "vue";
import { type CanvasHost, shapeIn } from "./canvasHost.ts";
import { type Box, type Point, nodeBox, overlaps } from "./geometry.ts";
import { type Gesture, hasMoved } from "./useGestures.ts";

/** Selecting by a rectangle. */
export interface Marquee {
  readonly box: ShallowRef<Box | undefined>;
  begin(start: PointerEvent): Gesture;
}

/** Makes the gesture for one canvas. With Shift the rectangle adds to what is selected. */
export function createMarquee({ root, view, editor }: CanvasHost): Marquee {
  const box = shallowRef<Box>();

  function begin(start: PointerEvent): Gesture {
    const origin = view.toFlow(start);
    const before = editor.selection.value;
    const kept = start.shiftKey ? before : new Set<string>();
    editor.select(kept);
    root.value?.focus({ preventScroll: true });
    return {
      move(event) {
        if (box.value === undefined && !hasMoved(start, event)) return;
        box.value = boxBetween(origin, view.toFlow(event));
      },
      end() {
        const drawn = box.value;
        box.value = undefined;
        if (drawn === undefined) return;
        const inside = [...editor.places.value].filter(([id, at]) =>
          overlaps(nodeBox(at, shapeIn(editor, id)), drawn),
        );
        editor.select([...kept, ...inside.map(([id]) => id)]);
      },
      cancel() {
        box.value = undefined;
        editor.select(before);
      },
    };
  }

  return { box, begin };
}

function boxBetween(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}
