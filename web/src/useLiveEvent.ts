import { onScopeDispose } from "vue";
import type { LiveEvent } from "#server/api/contract.ts";
import { live } from "./live.ts";

/** Listens to one kind of live event for as long as the component lives. */
export function useLiveEvent<Type extends LiveEvent["type"]>(
  type: Type,
  listener: (event: Extract<LiveEvent, { readonly type: Type }>) => void,
): void {
  onScopeDispose(live.on(type, listener));
}

/** Calls back when the connection is back after a loss, so that lists can be renewed. */
export function useLiveResume(listener: () => void): void {
  onScopeDispose(live.onResume(listener));
}
