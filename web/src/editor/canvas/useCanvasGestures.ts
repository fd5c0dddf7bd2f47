import { type Ref, type ShallowRef, ref, shallowRef } from "vue";
import type { FlowActions } from "../flowActions.ts";
import type { FlowEditor } from "../flowEditor.ts";
import type { WireEnds } from "../graph.ts";
import { shapeOf } from "../specs.ts";
import { type Box, type Point, inPoint, nodeBox, outPoint, overlaps, snap } from "./geometry.ts";
import type { CanvasView } from "./useView.ts";
import { type Gesture, hasMoved, useGestures } from "./useGestures.ts";
import { panBy, pinch } from "./viewport.ts";
import { distanceToWire } from "./wireHit.ts";

/** One end of a wire that is being drawn; the other one follows the pointer. */
export interface LooseEnd {
  readonly node: string;
  readonly port: string;
  readonly side: "out" | "in";
}

/** What a drag shows before it is done. */
export interface CanvasGestures {
  readonly drag: ShallowRef<ReadonlyMap<string, Point> | undefined>;
  readonly marquee: ShallowRef<Box | undefined>;
  readonly ghost: ShallowRef<readonly [Point, Point] | undefined>;
  readonly loose: ShallowRef<LooseEnd | undefined>;
  /** The wire that a dragged node would be put into. */
  readonly spliceInto: Ref<string | undefined>;
  /** The node under a wire that is being drawn. */
  readonly hovered: Ref<string | undefined>;
  readonly busy: Ref<boolean>;
  wireAt(point: Point, except?: string): string | undefined;
  cancelWire(): void;
}

/** What the gestures need of the canvas. */
export interface GestureHost {
  readonly root: Readonly<Ref<HTMLElement | null>>;
  readonly view: CanvasView;
  readonly editor: FlowEditor;
  readonly actions: FlowActions;
  readonly panning: Readonly<Ref<boolean>>;
  readonly focusNode: (id: string) => void;
  readonly openAdd: (event: PointerEvent, loose: LooseEnd | undefined) => void;
}

/** A wire is hit this near, in px of the flow. */
const SPLICE_WITHIN = 26;
const EDGE_PX = 36;
const EDGE_SPEED = 9;

/** Dragging nodes, drawing wires, marquee and pan: the pointer's side of the canvas. */
export function useCanvasGestures(host: GestureHost): CanvasGestures {
  const { root, view, editor, actions, panning } = host;
  const drag = shallowRef<ReadonlyMap<string, Point>>();
  const marquee = shallowRef<Box>();
  const ghost = shallowRef<readonly [Point, Point]>();
  const loose = shallowRef<LooseEnd>();
  const spliceInto = ref<string>();
  const hovered = ref<string>();
  const busy = ref(false);

  const shapeOfNode = (id: string) => shapeOf(editor.document.value.nodes[id] ?? { type: "" });
  const placeOf = (id: string): Point => editor.places.value.get(id) ?? { x: 0, y: 0 };

  function pointOf({ node, port, side }: LooseEnd): Point {
    return side === "out"
      ? outPoint(placeOf(node), shapeOfNode(node), port)
      : inPoint(placeOf(node), shapeOfNode(node), port);
  }

  function wireAt(point: Point, except?: string): string | undefined {
    const near = editor.wires.value
      .filter(({ from, to }) => from !== except && to !== except)
      .map(({ key, from, fromPort, to, toPort }) => ({
        key,
        distance: distanceToWire(
          point,
          outPoint(placeOf(from), shapeOfNode(from), fromPort),
          inPoint(placeOf(to), shapeOfNode(to), toPort),
        ),
      }))
      .toSorted((a, b) => a.distance - b.distance)[0];
    return near !== undefined && near.distance < SPLICE_WITHIN ? near.key : undefined;
  }

  function begin(event: PointerEvent): Gesture | undefined {
    const target = event.target instanceof Element ? event.target : undefined;
    if (target === undefined || target.closest("[data-no-gesture]") !== null) return undefined;
    if (event.button === 1 || (event.button === 0 && panning.value)) return track(pan(event));
    if (event.button !== 0) return undefined;
    const node = target.closest<HTMLElement>("[data-node]")?.dataset["node"];
    const port = portAt(target, node);
    if (loose.value !== undefined) return track(finishByClick(event, port));
    if (port !== undefined) return track(drawWire(event, port));
    const end = target.closest<HTMLElement>("[data-wire-end]")?.dataset["wireEnd"];
    const wire = target.closest<HTMLElement>("[data-wire]")?.dataset["wire"];
    if (wire !== undefined && end !== undefined)
      return track(rewire(event, wire, end === "from" ? "in" : "out"));
    if (wire !== undefined) {
      editor.selectWire(wire);
      root.value?.focus({ preventScroll: true });
      return undefined;
    }
    if (node === undefined) return track(event.pointerType === "touch" ? pan(event) : select(event));
    if (event.pointerType === "touch" && !editor.selection.value.has(node)) return track(pan(event, node));
    return track(moveNodes(event, node));
  }

  function track(gesture: Gesture): Gesture {
    busy.value = true;
    return {
      move: gesture.move,
      end(event) {
        busy.value = false;
        gesture.end(event);
      },
      cancel() {
        busy.value = false;
        gesture.cancel();
      },
    };
  }

  /** A tap that does not move selects what is under it, or nothing. */
  function pan(start: PointerEvent, node?: string): Gesture {
    const before = view.view.value;
    return {
      move: (event) => view.set(panBy(before, event.clientX - start.clientX, event.clientY - start.clientY)),
      end(event) {
        if (start.pointerType !== "touch" || hasMoved(start, event)) return;
        if (node === undefined) editor.select([]);
        else pick(node, false);
      },
      cancel: () => view.set(before),
    };
  }

  function pick(node: string, add: boolean): void {
    const chosen = new Set(add ? editor.selection.value : []);
    if (!chosen.delete(node)) chosen.add(node);
    editor.select(chosen);
    host.focusNode(node);
  }

  function select(start: PointerEvent): Gesture {
    const origin = view.toFlow(start);
    const before = editor.selection.value;
    const kept = start.shiftKey ? before : new Set<string>();
    editor.select(kept);
    root.value?.focus({ preventScroll: true });
    return {
      move(event) {
        if (marquee.value === undefined && !hasMoved(start, event)) return;
        marquee.value = boxBetween(origin, view.toFlow(event));
      },
      end() {
        const box = marquee.value;
        marquee.value = undefined;
        if (box === undefined) return;
        const inside = [...editor.places.value].filter(([id, at]) =>
          overlaps(nodeBox(at, shapeOfNode(id)), box),
        );
        editor.select([...kept, ...inside.map(([id]) => id)]);
      },
      cancel() {
        marquee.value = undefined;
        editor.select(before);
      },
    };
  }

  function moveNodes(start: PointerEvent, node: string): Gesture {
    const wasSelected = editor.selection.value.has(node);
    if (start.shiftKey || !wasSelected) pick(node, start.shiftKey);
    else host.focusNode(node);
    const origin = view.toFlow(start);
    const moving = [...editor.selection.value].map((id) => [id, placeOf(id)] as const);
    const isAlone =
      moving.length === 1 && editor.wires.value.every(({ from, to }) => from !== node && to !== node);
    const edge = edgePan(() => follow(lastEvent));
    let lastEvent = start;

    function follow(event: PointerEvent): void {
      const now = view.toFlow(event);
      const [dx, dy] = [now.x - origin.x, now.y - origin.y];
      drag.value = new Map(moving.map(([id, at]) => [id, snap({ x: at.x + dx, y: at.y + dy })]));
      if (isAlone) spliceInto.value = wireAt(now, node);
    }

    return {
      move(event) {
        lastEvent = event;
        if (drag.value === undefined && !hasMoved(start, event)) return;
        edge.at(event);
        follow(event);
      },
      end() {
        edge.stop();
        const [places, wire] = [drag.value, spliceInto.value];
        drag.value = undefined;
        spliceInto.value = undefined;
        if (places !== undefined) actions.move(places, wire);
        else if (!start.shiftKey && wasSelected && editor.selection.value.size > 1) editor.select([node]);
      },
      cancel() {
        edge.stop();
        drag.value = undefined;
        spliceInto.value = undefined;
      },
    };
  }

  function drawWire(start: PointerEvent, end: LooseEnd): Gesture {
    let moved = false;
    loose.value = end;
    const edge = edgePan(() => undefined);
    return {
      move(event) {
        moved ||= hasMoved(start, event);
        if (!moved) return;
        edge.at(event);
        followGhost(event);
      },
      end(event) {
        edge.stop();
        // A click on a port starts a wire that the next click ends.
        if (!moved) return;
        finish(event, end);
      },
      cancel() {
        edge.stop();
        cancelWire();
      },
    };
  }

  function rewire(start: PointerEvent, key: string, keep: "out" | "in"): Gesture {
    const wire = editor.wires.value.find((other) => other.key === key);
    if (wire === undefined) return { move: () => undefined, end: () => undefined, cancel: () => undefined };
    const end: LooseEnd =
      keep === "out"
        ? { node: wire.from, port: wire.fromPort, side: "out" }
        : { node: wire.to, port: wire.toPort, side: "in" };
    const gesture = drawWire(start, end);
    return {
      move: gesture.move,
      cancel: gesture.cancel,
      end(event) {
        if (!hasMoved(start, event)) return cancelWire();
        replace(event, wire, end);
      },
    };
  }

  function replace(event: PointerEvent, wire: WireEnds, end: LooseEnd): void {
    const target = targetAt(event, end);
    cancelWire();
    if (target === undefined || isSame(target, wire)) return;
    const before = editor.document.value;
    actions.cut(new Set([wire.key]));
    const done =
      end.side === "out"
        ? actions.connect(end.node, end.port, target.node, target.port)
        : actions.connect(target.node, target.port, end.node, end.port);
    if (!done && editor.document.value !== before) editor.undo();
  }

  function isSame(target: LooseEnd, wire: WireEnds): boolean {
    return target.side === "in"
      ? target.node === wire.to && target.port === wire.toPort
      : target.node === wire.from && target.port === wire.fromPort;
  }

  function finishByClick(start: PointerEvent, port: LooseEnd | undefined): Gesture {
    const end = loose.value;
    return {
      move: () => undefined,
      end(event) {
        if (end === undefined || hasMoved(start, event)) return;
        if (port !== undefined && port.node === end.node && port.port === end.port) return cancelWire();
        finish(event, end);
      },
      cancel: cancelWire,
    };
  }

  function finish(event: PointerEvent, end: LooseEnd): void {
    const target = targetAt(event, end);
    const overNothing = hitAt(event)?.closest("[data-node]") == null;
    cancelWire();
    if (target !== undefined && end.side === "out")
      actions.connect(end.node, end.port, target.node, target.port);
    else if (target !== undefined) actions.connect(target.node, target.port, end.node, end.port);
    else if (overNothing) host.openAdd(event, end);
  }

  /** The port that a wire would end at: the one under the pointer, else the first that fits of the node under it. */
  function targetAt(event: PointerEvent, end: LooseEnd): LooseEnd | undefined {
    const hit = hitAt(event);
    const node = hit?.closest<HTMLElement>("[data-node]")?.dataset["node"];
    if (node === undefined || node === end.node) return undefined;
    const port = hit === undefined ? undefined : portAt(hit, node);
    if (port !== undefined && port.side !== end.side) return port;
    const { inputs, outputs } = shapeOfNode(node);
    const side = end.side === "out" ? "in" : "out";
    const first = side === "in" ? (inputs[0] ?? "in") : outputs[0];
    return first === undefined ? undefined : { node, port: first, side };
  }

  function followGhost(event: PointerEvent): void {
    const end = loose.value;
    if (end === undefined) return;
    const [fixed, free] = [pointOf(end), view.toFlow(event)];
    ghost.value = end.side === "out" ? [fixed, free] : [free, fixed];
    hovered.value = targetAt(event, end)?.node;
  }

  function cancelWire(): void {
    loose.value = undefined;
    ghost.value = undefined;
    hovered.value = undefined;
  }

  /** Near the edge of the canvas a drag scrolls it. */
  function edgePan(after: () => void) {
    let frame = 0;
    let speed: Point = { x: 0, y: 0 };
    const step = (): void => {
      frame = 0;
      if (speed.x === 0 && speed.y === 0) return;
      view.set(panBy(view.view.value, speed.x, speed.y));
      after();
      frame = requestAnimationFrame(step);
    };
    return {
      at(event: PointerEvent): void {
        const { x, y } = view.local(event);
        const { width, height } = view.size.value;
        speed = { x: speedAt(x, width), y: speedAt(y, height) };
        frame ||= requestAnimationFrame(step);
      },
      stop(): void {
        cancelAnimationFrame(frame);
        speed = { x: 0, y: 0 };
      },
    };
  }

  useGestures(root, {
    begin,
    onPinch(before, after) {
      const local = ({ x, y }: Point): Point => view.local({ clientX: x, clientY: y });
      view.set(
        pinch(view.view.value, [local(before[0]), local(before[1])], [local(after[0]), local(after[1])]),
      );
    },
    onHover: followGhost,
  });

  return { drag, marquee, ghost, loose, spliceInto, hovered, busy, wireAt, cancelWire };
}

function portAt(element: Element, node: string | undefined): LooseEnd | undefined {
  const port = element.closest<HTMLElement>("[data-port-out], [data-port-in]")?.dataset;
  if (port === undefined || node === undefined) return undefined;
  const out = port["portOut"];
  return out === undefined
    ? { node, port: port["portIn"] ?? "in", side: "in" }
    : { node, port: out, side: "out" };
}

/** With the pointer captured, events name the canvas itself: what lies under the pointer must be asked. */
function hitAt({ clientX, clientY }: PointerEvent): Element | undefined {
  return document.elementFromPoint(clientX, clientY) ?? undefined;
}

function boxBetween(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

function speedAt(place: number, length: number): number {
  if (place < EDGE_PX) return EDGE_SPEED;
  return place > length - EDGE_PX ? -EDGE_SPEED : 0;
}
