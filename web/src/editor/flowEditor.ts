import {
  type ComputedRef,
  type InjectionKey,
  type Ref,
  type ShallowRef,
  computed,
  inject,
  ref,
  shallowRef,
} from "vue";
import type { FlowDocument } from "#flows/flow.ts";
import type { Point } from "./canvas/geometry.ts";
import { successor } from "./canvas/walk.ts";
import { type WireEnds, resolveWires } from "./graph.ts";
import { type Moment, emptyHistory, redo, remember, undo } from "./history.ts";
import { shapeOf } from "./specs.ts";
import { tidy } from "./tidy.ts";

/** The document under edit, what is selected in it, and the way back. */
export interface FlowEditor {
  readonly document: ShallowRef<FlowDocument>;
  readonly selection: ShallowRef<ReadonlySet<string>>;
  readonly selectedWire: Ref<string | undefined>;
  readonly wires: ComputedRef<readonly WireEnds[]>;
  readonly places: ComputedRef<ReadonlyMap<string, Point>>;
  /** The one node that is selected. */
  readonly selected: ComputedRef<string | undefined>;
  readonly undoLabel: ComputedRef<string | undefined>;
  readonly redoLabel: ComputedRef<string | undefined>;
  /** The last action in words, for the live region. */
  readonly announcement: Ref<string>;
  /** The node that should take the focus; the canvas and the outline obey. */
  readonly focusWish: ShallowRef<{ readonly id: string | undefined } | undefined>;
  commit(label: string, next: FlowDocument, mergeKey?: string): void;
  undo(): void;
  redo(): void;
  select(ids: Iterable<string>): void;
  selectWire(key: string | undefined): void;
  /** Selects a node and brings it into view with the focus on it. */
  goTo(id: string): void;
  announce(text: string): void;
  /** Takes over a document from the hub; the way back ends here. */
  reset(document: FlowDocument): void;
}

export const EDITOR: InjectionKey<FlowEditor> = Symbol("flow editor");

/** The editor of the surrounding page. */
export function useFlowEditor(): FlowEditor {
  const editor = inject(EDITOR);
  if (editor === undefined) throw new Error("No flow editor is provided here.");
  return editor;
}

/** Starts editing a document. */
export function createFlowEditor(initial: FlowDocument): FlowEditor {
  const document = shallowRef(initial);
  const selection = shallowRef<ReadonlySet<string>>(new Set());
  const selectedWire = ref<string>();
  const history = shallowRef(emptyHistory);
  const announcement = ref("");
  const focusWish = shallowRef<{ readonly id: string | undefined }>();
  const wires = computed(() => resolveWires(document.value, shapeOf));
  const places = computed(() => placesOf(document.value, wires.value));
  const now = (): Moment => ({ document: document.value, selection: selection.value });

  function select(ids: Iterable<string>): void {
    selection.value = new Set(ids);
    selectedWire.value = undefined;
  }

  function travel(step: typeof undo, word: string): void {
    const label = (step === undo ? history.value.past : history.value.future).at(-1)?.label;
    const result = step(history.value, now());
    if (result === undefined || label === undefined) return;
    const before = {
      ids: new Set(Object.keys(document.value.nodes)),
      wires: wires.value,
      places: places.value,
    };
    const [lost] = [...result.moment.selection, ...selection.value];
    history.value = result.history;
    document.value = result.moment.document;
    const exists = (id: string): boolean => Object.hasOwn(document.value.nodes, id);
    select([...result.moment.selection].filter(exists));
    const [kept] = selection.value;
    const gone = new Set([...before.ids].filter((id) => !exists(id)));
    focusWish.value = { id: kept ?? (lost === undefined ? undefined : successor(gone, lost, before)) };
    announcement.value = `${word}: ${label}`;
  }

  return {
    document,
    selection,
    selectedWire,
    wires,
    places,
    selected: computed(() => {
      const [id] = selection.value;
      return selection.value.size === 1 && id !== undefined && Object.hasOwn(document.value.nodes, id)
        ? id
        : undefined;
    }),
    undoLabel: computed(() => history.value.past.at(-1)?.label),
    redoLabel: computed(() => history.value.future.at(-1)?.label),
    announcement,
    focusWish,
    commit(label, next, mergeKey) {
      if (next === document.value) return;
      history.value = remember(history.value, now(), { label, mergeKey, atMs: Date.now() });
      document.value = next;
      if (mergeKey === undefined) announcement.value = label;
    },
    undo: () => travel(undo, "Undone"),
    redo: () => travel(redo, "Redone"),
    select,
    selectWire(key) {
      selection.value = new Set();
      selectedWire.value = key;
    },
    goTo(id) {
      if (!Object.hasOwn(document.value.nodes, id)) return;
      select([id]);
      focusWish.value = { id };
    },
    announce: (text) => (announcement.value = text),
    reset(next) {
      history.value = emptyHistory;
      document.value = next;
      select([]);
    },
  };
}

/** A flow that came without places (imported, written by hand) is tidied; a single missing one stands at the start. */
function placesOf(document: FlowDocument, wires: readonly WireEnds[]): ReadonlyMap<string, Point> {
  const ids = Object.keys(document.nodes);
  const layout = document.layout ?? {};
  const known = ids.filter((id) => layout[id] !== undefined);
  if (known.length === 0) return tidy(document, wires, (id) => shapeOf(document.nodes[id] ?? { type: "" }));
  return new Map(
    ids.map((id) => {
      const [x, y] = layout[id] ?? [0, 0];
      return [id, { x, y }];
    }),
  );
}
