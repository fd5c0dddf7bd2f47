import type { Box, Point } from "./geometry.ts";
import { type View, toScreen } from "./viewport.ts";

/** One card as it is seen from afar. */
export interface FarNode {
  readonly box: Box;
  readonly title: string;
  readonly group: string;
  readonly selected: boolean;
  readonly mark: "error" | "warning" | undefined;
}

/** The colours of the theme, read from the tokens. */
export type Palette = (token: string) => string;

/** A name smaller than this on the screen cannot be read, in px. */
const NAME_AT_LEAST = 6;
const NAME_SIZE = 22;
const CORNER = 10;

/** Draws a whole flow on one canvas: far cheaper than elements once there is nothing to read or hit. */
export function paintFar(
  context: CanvasRenderingContext2D,
  scene: {
    readonly view: View;
    readonly nodes: readonly FarNode[];
    readonly wires: readonly (readonly [Point, Point])[];
    readonly colour: Palette;
  },
): void {
  const { view, nodes, wires, colour } = scene;
  const { width, height } = context.canvas;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const ratio = window.devicePixelRatio;
  const corner = toScreen(view, { x: 0, y: 0 });
  context.setTransform(view.zoom * ratio, 0, 0, view.zoom * ratio, corner.x * ratio, corner.y * ratio);

  context.strokeStyle = colour("wire");
  context.lineWidth = Math.max(2, 1 / view.zoom);
  context.beginPath();
  for (const [from, to] of wires) {
    const handle = Math.max(36, Math.min(160, Math.abs(to.x - from.x) / 2));
    context.moveTo(from.x, from.y);
    context.bezierCurveTo(from.x + handle, from.y, to.x - handle, to.y, to.x, to.y);
  }
  context.stroke();

  for (const node of nodes) paintNode(context, node, view.zoom, colour);
}

function paintNode(context: CanvasRenderingContext2D, node: FarNode, zoom: number, colour: Palette): void {
  const { x, y, width, height } = node.box;
  context.fillStyle = colour("surface");
  context.strokeStyle = colour(node.selected ? "accent" : "line-strong");
  context.lineWidth = (node.selected ? 2 : 1) / zoom;
  context.beginPath();
  context.roundRect(x, y, width, height, CORNER);
  context.fill();
  context.stroke();
  context.fillStyle = colour(node.group);
  context.beginPath();
  context.roundRect(x + 11, y + 11, 34, 34, CORNER);
  context.fill();
  if (NAME_SIZE * zoom >= NAME_AT_LEAST) {
    context.fillStyle = colour("ink");
    context.font = `600 ${NAME_SIZE}px "Inter Variable", sans-serif`;
    context.fillText(node.title, x + 56, y + 36, width - 64);
  }
  if (node.mark === undefined) return;
  context.fillStyle = colour(node.mark === "error" ? "danger" : "warn");
  context.beginPath();
  context.arc(x + width - 12, y, 12, 0, 2 * Math.PI);
  context.fill();
}
