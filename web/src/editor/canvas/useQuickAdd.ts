import { type ComputedRef, type ShallowRef, computed, shallowRef } from "vue";
import type { AddOptions, FlowActions } from "../flowActions.ts";
import type { FlowEditor } from "../flowEditor.ts";
import type { SpecQuery } from "../rankSpecs.ts";
import { type LooseEnd, shapeIn } from "./canvasHost.ts";
import type { Point } from "./geometry.ts";
import type { CanvasView } from "./useView.ts";

/** The search for a node to add: where it is open, and what becomes of the choice. */
export interface QuickSearch {
  readonly open: ShallowRef<{ readonly at: Point; readonly options: AddOptions } | undefined>;
  /** What fits at that place. */
  readonly query: ComputedRef<Omit<SpecQuery, "text">>;
  /** Opens at a place of the screen; what is chosen stands there. */
  openAt(event: ScreenPoint, options?: AddOptions): void;
  /** Opens from the keyboard: after the selected node, into the selected wire, or in the middle. */
  openAfter(bounds: DOMRect): void;
  pick(type: string): string | undefined;
}

/** A place of the screen, as events tell it. */
export interface ScreenPoint {
  readonly clientX: number;
  readonly clientY: number;
}

/** About the size of the search, which is kept inside the canvas, in px. */
const SIZE = { width: 372, height: 430 };
/** The port of a card lies so far below its top: a wire dropped here then runs straight. */
const PORT_BELOW_TOP = 28;

/** Makes the search of one canvas. */
export function useQuickAdd(editor: FlowEditor, actions: FlowActions, view: CanvasView): QuickSearch {
  const open = shallowRef<{ readonly at: Point; readonly options: AddOptions }>();
  const isEmpty = (): boolean => Object.keys(editor.document.value.nodes).length === 0;

  function show(event: ScreenPoint, options: AddOptions): void {
    const { x, y } = view.local(event);
    const { width, height } = view.size.value;
    const at = {
      x: Math.max(8, Math.min(x, width - SIZE.width)),
      y: Math.max(8, Math.min(y, height - SIZE.height)),
    };
    open.value = { at, options };
  }

  function openAt(event: ScreenPoint, options: AddOptions = {}): void {
    const at = view.toFlow(event);
    const shift = options.from === undefined ? 0 : PORT_BELOW_TOP;
    show(event, { at: { x: at.x, y: at.y - shift }, ...options });
  }

  function openAfter(bounds: DOMRect): void {
    const centre = {
      clientX: bounds.left + bounds.width / 2 - SIZE.width / 2,
      clientY: bounds.top + bounds.height / 4,
    };
    const wire = editor.selectedWire.value;
    const id = editor.selected.value;
    const port = id === undefined ? undefined : shapeIn(editor, id).outputs[0];
    if (id !== undefined && port !== undefined) show(centre, { from: { node: id, port } });
    else if (wire !== undefined) show(centre, { onWire: wire });
    else if (isEmpty()) show(centre, {});
    else openAt(centre);
  }

  return {
    open,
    openAt,
    openAfter,
    query: computed(() => {
      const { from, to, onWire } = open.value?.options ?? {};
      return {
        needsInput: from !== undefined || onWire !== undefined,
        needsOutput: to !== undefined || onWire !== undefined,
        prefersTrigger: isEmpty(),
        recent: actions.recent(),
      };
    }),
    pick(type) {
      const options = open.value?.options;
      open.value = undefined;
      return actions.add(type, options);
    },
  };
}

/** How a node is joined that ends a wire which was dropped on empty canvas. */
export function joinTo(loose: LooseEnd | undefined): AddOptions {
  if (loose === undefined) return {};
  const { node, port, side } = loose;
  return side === "out" ? { from: { node, port } } : { to: { node, port } };
}
