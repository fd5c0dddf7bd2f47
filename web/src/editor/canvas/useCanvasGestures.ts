import { type Ref, ref } from "vue";
import type { CanvasHost } from "./canvasHost.ts";
import type { Point } from "./geometry.ts";
import { type Marquee, createMarquee } from "./marquee.ts";
import { type NodeDragging, createNodeDragging } from "./nodeDragging.ts";
import { type Gesture, hasMoved, useGestures } from "./useGestures.ts";
import { panBy, pinch } from "./viewport.ts";
import { type WireDrawing, createWireDrawing, nodeAt, portAt } from "./wireDrawing.ts";

/** The pointer's side of the canvas. */
export interface CanvasGestures {
  readonly dragging: NodeDragging;
  readonly wiring: WireDrawing;
  readonly marquee: Marquee;
  /** A pointer is down and doing something. */
  readonly busy: Ref<boolean>;
}

/** Decides what a pressed pointer does: move nodes, draw a wire, select, or pan. */
export function useCanvasGestures(host: CanvasHost): CanvasGestures {
  const { root, view, editor, panning } = host;
  const dragging = createNodeDragging(host);
  const wiring = createWireDrawing(host);
  const marquee = createMarquee(host);
  const busy = ref(false);

  function begin(event: PointerEvent): Gesture | undefined {
    const target = event.target instanceof Element ? event.target : undefined;
    if (target === undefined || target.closest("[data-no-gesture]") !== null) return undefined;
    if (event.button === 1 || (event.button === 0 && panning.value)) return pan(event);
    if (event.button !== 0) return undefined;
    const port = portAt(target);
    if (wiring.loose.value !== undefined) return wiring.finishByClick(event, port);
    if (port !== undefined) return wiring.begin(event, port);
    const wire = target.closest<HTMLElement>("[data-wire]")?.dataset["wire"];
    if (wire !== undefined) return onWire(event, target, wire);
    const node = nodeAt(target);
    if (node === undefined) return event.pointerType === "touch" ? pan(event) : marquee.begin(event);
    // A finger on a node that is not selected may as well mean to pan: a tap selects it, then it can be dragged.
    if (event.pointerType === "touch" && !editor.selection.value.has(node)) return pan(event, node);
    return dragging.begin(event, node);
  }

  function onWire(event: PointerEvent, target: Element, key: string): Gesture | undefined {
    const end = target.closest<HTMLElement>("[data-wire-end]")?.dataset["wireEnd"];
    const wire = editor.wires.value.find((other) => other.key === key);
    if (end !== undefined && wire !== undefined)
      return wiring.rewire(event, wire, end === "from" ? "in" : "out");
    editor.selectWire(key);
    root.value?.focus({ preventScroll: true });
    return undefined;
  }

  /** A tap that does not move selects what is under it, or nothing. */
  function pan(start: PointerEvent, node?: string): Gesture {
    const before = view.view.value;
    return {
      move: (event) => view.set(panBy(before, event.clientX - start.clientX, event.clientY - start.clientY)),
      end(event) {
        if (start.pointerType !== "touch" || hasMoved(start, event)) return;
        if (node === undefined) editor.select([]);
        else dragging.pick(node, false);
      },
      cancel: () => view.set(before),
    };
  }

  function tracked(event: PointerEvent): Gesture | undefined {
    const gesture = begin(event);
    if (gesture === undefined) return undefined;
    busy.value = true;
    return {
      move: gesture.move,
      end(last) {
        busy.value = false;
        gesture.end(last);
      },
      cancel() {
        busy.value = false;
        gesture.cancel();
      },
    };
  }

  const local = ({ x, y }: Point): Point => view.local({ clientX: x, clientY: y });
  useGestures(root, {
    begin: tracked,
    onPinch: ([a, b], [c, d]) => view.set(pinch(view.view.value, [local(a), local(b)], [local(c), local(d)])),
    onHover: wiring.follow,
  });

  return { dragging, wiring, marquee, busy };
}
