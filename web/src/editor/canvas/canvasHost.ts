import type { Ref } from "vue";
import type { FlowActions } from "../flowActions.ts";
import type { FlowEditor } from "../flowEditor.ts";
import { shapeOf } from "../specs.ts";
import type { NodeShape, Point } from "./geometry.ts";
import type { CanvasView } from "./useView.ts";

/** One end of a wire that is being drawn; the other one follows the pointer. */
export interface LooseEnd {
  readonly node: string;
  readonly port: string;
  readonly side: "out" | "in";
}

/** What the gestures need of the canvas. */
export interface CanvasHost {
  readonly root: Readonly<Ref<HTMLElement | null>>;
  readonly view: CanvasView;
  readonly editor: FlowEditor;
  readonly actions: FlowActions;
  readonly panning: Readonly<Ref<boolean>>;
  readonly focusNode: (id: string) => void;
  readonly openAdd: (event: PointerEvent, loose: LooseEnd | undefined) => void;
}

/** The ports of a node of the document; none at all for one that is gone. */
export function shapeIn(editor: FlowEditor, id: string): NodeShape {
  return shapeOf(editor.document.value.nodes[id] ?? { type: "" });
}

/** Where a node of the document stands. */
export function placeIn(editor: FlowEditor, id: string): Point {
  return editor.places.value.get(id) ?? { x: 0, y: 0 };
}
