import { type ShallowRef, onScopeDispose, shallowRef } from "vue";

const TICK_MS = 5_000;

/** The time of day, renewed often enough for relative times; all users share one clock. */
export function useNow(): Readonly<ShallowRef<number>> {
  if (users++ === 0) {
    now.value = Date.now();
    timer = setInterval(() => (now.value = Date.now()), TICK_MS);
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer);
  });
  return now;
}

const now = shallowRef(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;
