import { type Ref, onMounted, onScopeDispose } from "vue";
import { isTyping, keyName } from "./canvas/useCanvasKeys.ts";

const PANES = ".editor-bar, .editor-palette, .editor-stage, .editor-inspector, .editor-dock";
const FOCUSABLE = "[tabindex='0'], input, button:not([tabindex='-1']), select, textarea";

/**
 * Keys that work anywhere on the editor's page; `single` ones only where nobody types. F6 goes round the panes, as in
 * every desktop program.
 */
export function usePageKeys(
  root: Readonly<Ref<HTMLElement | null>>,
  keys: {
    readonly anywhere: Readonly<Record<string, () => void>>;
    readonly single: Readonly<Record<string, () => void>>;
  },
): void {
  function nextPane(): void {
    const panes = [...(root.value?.querySelectorAll<HTMLElement>(PANES) ?? [])];
    const at = panes.findIndex((pane) => pane.contains(document.activeElement));
    panes[(at + 1) % panes.length]?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    const name = keyName(event);
    const typing = isTyping(event.target);
    // A text field has an undo of its own.
    if (typing && /Z$|Y$/.test(name)) return;
    const run = name === "F6" ? nextPane : (keys.anywhere[name] ?? (typing ? undefined : keys.single[name]));
    if (run === undefined) return;
    event.preventDefault();
    run();
  }

  onMounted(() => document.addEventListener("keydown", onKey));
  onScopeDispose(() => document.removeEventListener("keydown", onKey));
}
