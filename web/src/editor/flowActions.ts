import type { InjectionKey } from "vue";
import { inject } from "vue";
import type { Fields } from "#flows/field.ts";
import type { FlowDocument } from "#flows/flow.ts";
import type { AnyNode } from "#flows/node.ts";
import { useStored } from "../ui/useStored.ts";
import { type Box, type Point, nodeBox, nodeSize } from "./canvas/geometry.ts";
import { freePlace, placeAfter } from "./canvas/placement.ts";
import { successor } from "./canvas/walk.ts";
import { copyNodes, pasteFragment, readFragment } from "./clipboard.ts";
import { addNode, connect, disconnect, moveNodes, patchNode, removeNodes, splice } from "./edits.ts";
import type { FlowEditor } from "./flowEditor.ts";
import { ends, nameOf } from "./graph.ts";
import { shapeOf, specOf, titleOf } from "./specs.ts";
import { tidy } from "./tidy.ts";

/** Where a new node goes and what it is joined with. */
export interface AddOptions {
  readonly at?: Point;
  readonly from?: { readonly node: string; readonly port: string };
  /** A wire dragged backwards: the new node leads to this input. */
  readonly to?: { readonly node: string; readonly port: string };
  /** Key of a wire to put it into. */
  readonly onWire?: string;
}

/** Everything one can do to a flow, for canvas, outline, menus and keys alike. */
export interface FlowActions {
  readonly recent: () => readonly string[];
  add(type: string, options?: AddOptions): string | undefined;
  connect(from: string, fromPort: string, to: string, toPort: string): boolean;
  cut(keys: ReadonlySet<string>): void;
  /** Removes what is selected: nodes, or a wire. */
  remove(): void;
  duplicate(): void;
  /** What is selected, as text for the clipboard; `undefined` where no node is. */
  fragment(): string | undefined;
  copy(): void;
  paste(text: string, at?: Point): void;
  toggleDisabled(): void;
  rename(id: string, name: string): void;
  nudge(dx: number, dy: number): void;
  move(places: ReadonlyMap<string, Point>, onWire?: string): void;
  selectAll(): void;
  tidyAll(): void;
}

export const ACTIONS: InjectionKey<FlowActions> = Symbol("flow actions");

const RECENT_KEPT = 6;
const FIRST_PLACE: Point = { x: 80, y: 120 };

/** The actions of the surrounding editor. */
export function useFlowActions(): FlowActions {
  const actions = inject(ACTIONS);
  if (actions === undefined) throw new Error("No flow actions are provided here.");
  return actions;
}

/** Binds the actions to an editor; `refuse` tells the user why something was not done. */
export function createFlowActions(editor: FlowEditor, refuse: (reason: string) => void): FlowActions {
  const recent = useStored<readonly string[]>("recentNodes", []);

  const shape = (id: string) => shapeOf(editor.document.value.nodes[id] ?? { type: "" });
  const boxes = (except?: ReadonlySet<string>): readonly Box[] =>
    [...editor.places.value].flatMap(([id, at]) =>
      except?.has(id) === true ? [] : [nodeBox(at, shape(id))],
    );
  const counted = (ids: ReadonlySet<string>): string => {
    const [only] = ids;
    return ids.size === 1 && only !== undefined
      ? `“${nameOf(editor.document.value, only)}”`
      : `${ids.size} nodes`;
  };

  function placeFor(spec: AnyNode, { at, from, to, onWire }: AddOptions): Point {
    const size = nodeSize(shapeOf({ type: spec.type }));
    const wire = editor.wires.value.find(({ key }) => key === onWire);
    const source = from?.node ?? wire?.from ?? (at === undefined ? lastSelected() : undefined);
    const place = source === undefined ? undefined : editor.places.value.get(source);
    const target = to === undefined ? undefined : editor.places.value.get(to.node);
    if (at !== undefined) return freePlace(at, size, boxes());
    if (source !== undefined && place !== undefined)
      return freePlace(placeAfter(nodeBox(place, shape(source))), size, boxes());
    if (target !== undefined) return freePlace({ x: target.x - size.width - 72, y: target.y }, size, boxes());
    return freePlace(FIRST_PLACE, size, boxes());
  }

  function lastSelected(): string | undefined {
    return editor.selected.value ?? Object.keys(editor.document.value.nodes).at(-1);
  }

  function add(type: string, options: AddOptions = {}): string | undefined {
    const spec = specOf(type);
    if (spec === undefined) return undefined;
    const node = { type, ...startConfig(spec) };
    const added = addNode(withAllPlaces(editor), node, spec.title, placeFor(spec, options));
    const joined = join(added.document, added.id, options);
    editor.commit(`Add ${spec.title}`, joined);
    editor.goTo(added.id);
    recent.value = [type, ...recent.value.filter((other) => other !== type)].slice(0, RECENT_KEPT);
    return added.id;
  }

  function join(document: FlowDocument, id: string, { from, to, onWire }: AddOptions): FlowDocument {
    if (onWire !== undefined) return splice(document, onWire, id, shapeOf);
    const { inputs, outputs } = shapeOf(document.nodes[id] ?? { type: "" });
    const wire =
      from !== undefined && inputs[0] !== undefined
        ? ends(from.node, from.port, id, inputs[0])
        : to !== undefined && outputs[0] !== undefined
          ? ends(id, outputs[0], to.node, to.port)
          : undefined;
    if (wire === undefined) return document;
    const result = connect(document, wire, shapeOf);
    return "document" in result ? result.document : document;
  }

  function remove(): void {
    const ids = editor.selection.value;
    const wire = editor.selectedWire.value;
    if (wire !== undefined) {
      editor.commit("Cut wire", disconnect(editor.document.value, new Set([wire]), shapeOf));
      editor.selectWire(undefined);
      return;
    }
    const [first] = ids;
    if (first === undefined) return;
    const next = successor(ids, first, { wires: editor.wires.value, places: editor.places.value });
    editor.commit(`Delete ${counted(ids)}`, removeNodes(editor.document.value, ids, shapeOf));
    editor.select([]);
    editor.focusWish.value = { id: next };
  }

  function paste(text: string, at?: Point): void {
    const read = readFragment(text);
    if ("problem" in read) return refuse(read.problem);
    const { document, ids } = pasteFragment(withAllPlaces(editor), read.fragment, at);
    editor.commit(`Paste ${ids.size === 1 ? "a node" : `${ids.size} nodes`}`, document);
    editor.select(ids);
    editor.focusWish.value = { id: [...ids][0] };
  }

  function fragment(): string | undefined {
    const ids = editor.selection.value;
    return ids.size === 0 ? undefined : JSON.stringify(copyNodes(withAllPlaces(editor), ids), undefined, 2);
  }

  return {
    recent: () => recent.value,
    add,
    remove,
    paste,
    connect(from, fromPort, to, toPort) {
      const result = connect(editor.document.value, ends(from, fromPort, to, toPort), shapeOf);
      if ("refusal" in result) {
        refuse(result.refusal);
        return false;
      }
      const { nodes } = editor.document.value;
      const [source, target] = [nodes[from], nodes[to]];
      editor.commit(`Connect ${source && titleOf(source)} to ${target && titleOf(target)}`, result.document);
      return true;
    },
    cut: (keys) => editor.commit("Cut wire", disconnect(editor.document.value, keys, shapeOf)),
    duplicate() {
      const text = fragment();
      if (text !== undefined) paste(text);
    },
    fragment,
    copy() {
      const text = fragment();
      if (text === undefined) return;
      // Over plain HTTP from another computer, browsers keep the clipboard from buttons.
      if (!isSecureContext) return refuse("The browser keeps the clipboard from this page; press Ctrl+C.");
      navigator.clipboard.writeText(text).then(
        () => editor.announce(`Copied ${counted(editor.selection.value)}`),
        () => refuse("The browser did not allow to use the clipboard."),
      );
    },
    toggleDisabled() {
      const ids = editor.selection.value;
      const off = [...ids].every((id) => editor.document.value.nodes[id]?.disabled === true);
      const next = [...ids].reduce(
        (document, id) => patchNode(document, id, { disabled: off ? undefined : true }),
        editor.document.value,
      );
      editor.commit(`Switch ${counted(ids)} ${off ? "on" : "off"}`, next);
    },
    rename(id, name) {
      const trimmed = name.trim();
      editor.commit(
        "Rename",
        patchNode(editor.document.value, id, { name: trimmed || undefined }),
        `name ${id}`,
      );
    },
    nudge(dx, dy) {
      const moved = [...editor.selection.value].flatMap((id) => {
        const place = editor.places.value.get(id);
        return place === undefined ? [] : [[id, { x: place.x + dx, y: place.y + dy }] as const];
      });
      editor.commit("Move", moveNodes(withAllPlaces(editor), new Map(moved)), "nudge");
    },
    move(places, onWire) {
      const [only] = places.size === 1 ? [...places.keys()] : [];
      const moved = moveNodes(withAllPlaces(editor), places);
      const spliced =
        onWire !== undefined && only !== undefined ? splice(moved, onWire, only, shapeOf) : moved;
      editor.commit(`Move ${counted(new Set(places.keys()))}`, spliced);
    },
    selectAll: () => editor.select(Object.keys(editor.document.value.nodes)),
    tidyAll() {
      const places = tidy(editor.document.value, editor.wires.value, shape);
      editor.commit("Tidy up", moveNodes(editor.document.value, places));
    },
  };
}

/** Lists that need at least one row start with one, so that the form shows what to fill in. */
function startConfig(spec: AnyNode): { readonly config?: Readonly<Record<string, unknown>> } {
  const fields: Fields = spec.fields;
  const rows = Object.entries(fields).filter(
    ([, { kind, default: initial, optional }]) =>
      kind === "rows" && initial === undefined && optional !== true,
  );
  return rows.length === 0 ? {} : { config: Object.fromEntries(rows.map(([name]) => [name, [{}]])) };
}

/** Nodes that were placed by tidying get their places stored with the first move, or they would jump. */
function withAllPlaces(editor: FlowEditor): FlowDocument {
  const layout = editor.document.value.layout ?? {};
  const missing = [...editor.places.value].filter(([id]) => layout[id] === undefined);
  return moveNodes(editor.document.value, new Map(missing));
}
