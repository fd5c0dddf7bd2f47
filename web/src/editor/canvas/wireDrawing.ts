import { type Ref, type ShallowRef, ref, shallowRef } from "vue";
import type { WireEnds } from "../graph.ts";
import { type CanvasHost, type LooseEnd, placeIn, shapeIn } from "./canvasHost.ts";
import { createEdgePan } from "./edgePan.ts";
import { type Point, inPoint, outPoint } from "./geometry.ts";
import { type Gesture, hasMoved } from "./useGestures.ts";

/** Drawing wires by pointer: dragged from a port, or by a click on a port and one on the target. */
export interface WireDrawing {
  /** The end that is fixed, while a wire is being drawn. */
  readonly loose: ShallowRef<LooseEnd | undefined>;
  readonly ghost: ShallowRef<readonly [Point, Point] | undefined>;
  /** The node that the wire would end at. */
  readonly hovered: Ref<string | undefined>;
  begin(start: PointerEvent, end: LooseEnd): Gesture;
  /** Takes hold of an end of a wire; `keep` is the side that stays. */
  rewire(start: PointerEvent, wire: WireEnds, keep: LooseEnd["side"]): Gesture;
  /** The click that ends a wire begun by a click. */
  finishByClick(start: PointerEvent, port: LooseEnd | undefined): Gesture;
  follow(event: PointerEvent): void;
  cancel(): void;
}

/** Makes the gesture for one canvas. */
export function createWireDrawing({ view, editor, actions, openAdd }: CanvasHost): WireDrawing {
  const loose = shallowRef<LooseEnd>();
  const ghost = shallowRef<readonly [Point, Point]>();
  const hovered = ref<string>();

  function cancel(): void {
    loose.value = undefined;
    ghost.value = undefined;
    hovered.value = undefined;
  }

  /** The port that a wire would end at: the one under the pointer, else the first that fits of the node under it. */
  function targetAt(event: PointerEvent, end: LooseEnd): LooseEnd | undefined {
    const hit = hitAt(event);
    const port = hit === undefined ? undefined : portAt(hit);
    const node = hit === undefined ? undefined : nodeAt(hit);
    if (node === undefined || node === end.node) return undefined;
    if (port !== undefined && port.side !== end.side) return port;
    const { inputs, outputs } = shapeIn(editor, node);
    // A wire dropped on a trigger is tried all the same: the refusal says why it cannot be.
    const [side, first] =
      end.side === "out" ? (["in", inputs[0] ?? "in"] as const) : (["out", outputs[0]] as const);
    return first === undefined ? undefined : { node, port: first, side };
  }

  function follow(event: PointerEvent): void {
    const end = loose.value;
    if (end === undefined) return;
    const [at, shape] = [placeIn(editor, end.node), shapeIn(editor, end.node)];
    const fixed = end.side === "out" ? outPoint(at, shape, end.port) : inPoint(at, shape, end.port);
    const free = view.toFlow(event);
    ghost.value = end.side === "out" ? [fixed, free] : [free, fixed];
    hovered.value = targetAt(event, end)?.node;
  }

  function join(end: LooseEnd, target: LooseEnd): boolean {
    return end.side === "out"
      ? actions.connect(end.node, end.port, target.node, target.port)
      : actions.connect(target.node, target.port, end.node, end.port);
  }

  function finish(event: PointerEvent, end: LooseEnd): void {
    const target = targetAt(event, end);
    const hit = hitAt(event);
    cancel();
    if (target !== undefined) join(end, target);
    else if (hit !== undefined && nodeAt(hit) === undefined) openAdd(event, end);
  }

  function replace(event: PointerEvent, wire: WireEnds, end: LooseEnd): void {
    const target = targetAt(event, end);
    cancel();
    if (target === undefined || isEndOf(wire, target)) return;
    const before = editor.document.value;
    actions.cut(new Set([wire.key]));
    if (!join(end, target) && editor.document.value !== before) editor.undo();
  }

  function begin(start: PointerEvent, end: LooseEnd): Gesture {
    let moved = false;
    loose.value = end;
    const edge = createEdgePan(view, () => undefined);
    return {
      move(event) {
        moved ||= hasMoved(start, event);
        if (!moved) return;
        edge.at(event);
        follow(event);
      },
      end(event) {
        edge.stop();
        // A click on a port starts a wire that the next click ends.
        if (moved) finish(event, end);
      },
      cancel() {
        edge.stop();
        cancel();
      },
    };
  }

  return {
    loose,
    ghost,
    hovered,
    begin,
    rewire(start, wire, keep) {
      const end: LooseEnd =
        keep === "out"
          ? { node: wire.from, port: wire.fromPort, side: "out" }
          : { node: wire.to, port: wire.toPort, side: "in" };
      const { move, cancel: stop } = begin(start, end);
      return {
        move,
        cancel: stop,
        end: (event) => (hasMoved(start, event) ? replace(event, wire, end) : cancel()),
      };
    },
    finishByClick(start, port) {
      const end = loose.value;
      return {
        move: () => undefined,
        cancel,
        end(event) {
          if (end === undefined || hasMoved(start, event)) return;
          if (port !== undefined && port.node === end.node && port.port === end.port) cancel();
          else finish(event, end);
        },
      };
    },
    follow,
    cancel,
  };
}

/** The port that an element of the canvas belongs to. */
export function portAt(element: Element): LooseEnd | undefined {
  const node = nodeAt(element);
  const port = element.closest<HTMLElement>("[data-port-out], [data-port-in]")?.dataset;
  if (port === undefined || node === undefined) return undefined;
  const out = port["portOut"];
  return out === undefined
    ? { node, port: port["portIn"] ?? "in", side: "in" }
    : { node, port: out, side: "out" };
}

/** The node that an element of the canvas belongs to. */
export function nodeAt(element: Element): string | undefined {
  return element.closest<HTMLElement>("[data-node]")?.dataset["node"];
}

/** With the pointer captured, events name the canvas itself: what lies under the pointer must be asked. */
function hitAt({ clientX, clientY }: PointerEvent): Element | undefined {
  return document.elementFromPoint(clientX, clientY) ?? undefined;
}

function isEndOf(wire: WireEnds, { node, port, side }: LooseEnd): boolean {
  return side === "in"
    ? node === wire.to && port === wire.toPort
    : node === wire.from && port === wire.fromPort;
}
