import { shallowRef } from "vue";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "ok" | "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 6_000;
const SHOWN_AT_MOST = 3;

let lastId = 0;

/** What the toast area shows now. */
export const toasts = shallowRef<readonly Toast[]>([]);

/** Tells the user that something happened, with at most one thing to do about it. */
export function toast(text: string, action?: Toast["action"]): void {
  show({ id: ++lastId, text, tone: "ok", ...(action !== undefined && { action }) });
}

/** Tells the user that something went wrong, in the words of the error. */
export function toastError(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  show({ id: ++lastId, text, tone: "error" });
}

/** Takes a toast away before its time. */
export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((item) => item.id !== id);
}

function show(item: Toast): void {
  toasts.value = [...toasts.value, item].slice(-SHOWN_AT_MOST);
  setTimeout(() => dismissToast(item.id), item.tone === "error" ? 2 * SHOWN_MS : SHOWN_MS);
}
