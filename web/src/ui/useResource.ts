import { type Ref, type ShallowRef, onScopeDispose, ref, shallowRef } from "vue";

/** Something the hub knows and a screen shows. After a failed renewal the last data stays, marked stale. */
export interface Resource<Data> {
  readonly data: ShallowRef<Data | undefined>;
  readonly state: Ref<"idle" | "loading" | "ready" | "stale" | "error">;
  readonly error: ShallowRef<Error | undefined>;
  reload(): Promise<void>;
}

/** Loads at once; answers that a newer request has overtaken are dropped. */
export function useResource<Data>(load: () => Promise<Data>): Resource<Data> {
  const data = shallowRef<Data>();
  const error = shallowRef<Error>();
  const state = ref<"idle" | "loading" | "ready" | "stale" | "error">("idle");
  let turn = 0;
  onScopeDispose(() => (turn = -1));

  async function reload(): Promise<void> {
    if (turn < 0) return;
    const mine = ++turn;
    if (data.value === undefined) state.value = "loading";
    try {
      const loaded = await load();
      if (mine !== turn) return;
      data.value = loaded;
      error.value = undefined;
      state.value = "ready";
    } catch (cause) {
      if (mine !== turn) return;
      error.value = cause instanceof Error ? cause : new Error(String(cause));
      state.value = data.value === undefined ? "error" : "stale";
    }
  }

  void reload();
  return { data, state, error, reload };
}
