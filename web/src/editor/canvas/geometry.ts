/**
 * Where things are on the canvas. Sizes follow from a node's ports alone: nothing here measures the page, so culling,
 * wires and layout work before anything is drawn, and in tests.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Point, Size {}

/** The ports of a node, in the order they are drawn. */
export interface NodeShape {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** All in px of the unzoomed canvas. */
export const GRID = 8;
export const SPACING = 72;
export const HEADER_HEIGHT = 56;
const PORT_ROW_HEIGHT = 24;
const WIDTH = 208;
const WIDTH_WITH_PORT_ROWS = 240;
const ROWS_PADDING = 8;
/** Below the card stands its live value; around it stays room for wires. */
const LIVE_LINE_HEIGHT = 24;
const MARGIN = 16;
const HANDLE_SHORTEST = 36;
const HANDLE_LONGEST = 160;
const CORNER = 12;

/** How large the card of a node is. */
export function nodeSize(shape: NodeShape): Size {
  const rows = Math.max(rowsOf(shape.inputs), rowsOf(shape.outputs));
  const branches = shape.outputs.length > 1 && !hasErrorRow(shape.outputs);
  return {
    width: branches ? WIDTH_WITH_PORT_ROWS : WIDTH,
    height: HEADER_HEIGHT + rows * PORT_ROW_HEIGHT + (rows > 1 ? ROWS_PADDING : 0),
  };
}

/** The box of a node at a place. */
export function nodeBox(at: Point, shape: NodeShape): Box {
  return { x: at.x, y: at.y, ...nodeSize(shape) };
}

/** Where a wire leaves; a port that the node does not have (any more) is drawn at its last one. */
export function outPoint(at: Point, shape: NodeShape, port: string): Point {
  return { x: at.x + nodeSize(shape).width, y: at.y + portOffset(shape.outputs, port) };
}

/** Where a wire arrives. */
export function inPoint(at: Point, shape: NodeShape, port: string): Point {
  return { x: at.x, y: at.y + portOffset(shape.inputs, port) };
}

/** The vertical place of a port in its card: the middle of the header, or of its own row. */
export function portOffset(ports: readonly string[], port: string): number {
  const index = ports.indexOf(port);
  const last = rowsOf(ports) - 1;
  if (last < 0 || (hasErrorRow(ports) && index === 0)) return HEADER_HEIGHT / 2;
  const row = index < 0 || hasErrorRow(ports) ? last : index;
  return HEADER_HEIGHT + row * PORT_ROW_HEIGHT + PORT_ROW_HEIGHT / 2;
}

/** One way on and one for failures: the main port keeps the header, so that most wires run straight. */
function hasErrorRow(ports: readonly string[]): boolean {
  return ports.length === 2 && ports[1] === "error";
}

function rowsOf(ports: readonly string[]): number {
  if (ports.length <= 1) return 0;
  return hasErrorRow(ports) ? 1 : ports.length;
}

/** The SVG path of a wire. One that leads back goes round below `bottom`, never through the cards. */
export function wirePath(from: Point, to: Point, bottom = Math.max(from.y, to.y) + HEADER_HEIGHT): string {
  if (to.x < from.x + CORNER * 2) return pathRound(from, to, bottom + MARGIN + LIVE_LINE_HEIGHT);
  const handle = Math.max(HANDLE_SHORTEST, Math.min(HANDLE_LONGEST, (to.x - from.x) / 2));
  return `M${from.x} ${from.y}C${from.x + handle} ${from.y} ${to.x - handle} ${to.y} ${to.x} ${to.y}`;
}

/** What must stay free of other nodes around a card. */
export function collisionBox(box: Box): Box {
  return {
    x: box.x - MARGIN,
    y: box.y - MARGIN,
    width: box.width + 2 * MARGIN,
    height: box.height + LIVE_LINE_HEIGHT + 2 * MARGIN,
  };
}

/** Whether two boxes share any area. */
export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The smallest box around all of them; `undefined` for none. */
export function boundsOf(boxes: readonly Box[]): Box | undefined {
  if (boxes.length === 0) return undefined;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** The nearest point of the grid. */
export function snap({ x, y }: Point): Point {
  return { x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID };
}

/** Right, down, left, up and right again, with round corners. */
function pathRound(from: Point, to: Point, bottom: number): string {
  const r = CORNER;
  const right = from.x + 2 * r;
  const left = to.x - 2 * r;
  return (
    `M${from.x} ${from.y}H${right - r}Q${right} ${from.y} ${right} ${from.y + r}V${bottom - r}` +
    `Q${right} ${bottom} ${right - r} ${bottom}H${left + r}Q${left} ${bottom} ${left} ${bottom - r}` +
    `V${to.y + r}Q${left} ${to.y} ${left + r} ${to.y}H${to.x}`
  );
}
