import { onMounted, onUnmounted, type Ref } from "vue";

/**
 * Keys that every list has: up and down, Home and End move between the rows (elements with `data-row`), `/` goes to the
 * filter. Rows are links or buttons of their own, so Enter and Tab work without us.
 */
export function useListKeys(root: Readonly<Ref<HTMLElement | null>>): void {
  function onKey(event: KeyboardEvent): void {
    const list = root.value;
    if (list === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (event.key === "/" && target.closest("input, textarea, select, [role=dialog]") === null) {
      const filter = list.querySelector<HTMLElement>("[data-filter]");
      if (filter === null) return;
      event.preventDefault();
      filter.focus();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !list.contains(target)) return;
    const inFilter = target.closest("[data-filter]") !== null && event.key === "ArrowDown";
    if (target.closest("[data-row]") !== target && !inFilter) return;
    moveFocus(list, target, step, event);
  }

  onMounted(() => document.addEventListener("keydown", onKey));
  onUnmounted(() => document.removeEventListener("keydown", onKey));
}

function moveFocus(list: HTMLElement, from: HTMLElement, step: number, event: KeyboardEvent): void {
  const rows = [...list.querySelectorAll<HTMLElement>("[data-row]")];
  const index = Math.max(0, Math.min(rows.length - 1, rows.indexOf(from) + step));
  const row = rows[index];
  if (row === undefined) return;
  event.preventDefault();
  row.focus();
}
