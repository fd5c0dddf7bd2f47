import { type ShallowRef, onScopeDispose, shallowRef } from "vue";
import { live } from "../live.ts";
import { useLiveEvent } from "../useLiveEvent.ts";
import { type DockMessage, MESSAGES_KEPT } from "./dockMessage.ts";
import { type LiveValues, createLiveValues } from "./liveValues.ts";

/** What the deployed flow does while it is looked at. */
export interface FlowFeed {
  readonly values: LiveValues;
  /** The last values in the order they came, renewed once a frame. */
  readonly messages: ShallowRef<readonly DockMessage[]>;
}

/** Watches one flow for as long as the page lives. */
export function useFlowFeed(flow: string): FlowFeed {
  const values = createLiveValues();
  const messages = shallowRef<readonly DockMessage[]>([]);
  let lastKey = 0;
  let arrived: DockMessage[] = [];

  function take(): void {
    messages.value = [...messages.value, ...arrived].slice(-MESSAGES_KEPT);
    arrived = [];
  }

  live.watchFlow(flow);
  useLiveEvent("values", (event) => {
    if (event.flow !== flow) return;
    values.put(event.values);
    if (arrived.length === 0) requestAnimationFrame(take);
    arrived.push(...event.values.map((value) => Object.assign({ key: ++lastKey }, value)));
  });
  onScopeDispose(() => live.watchFlow(null));

  return { values, messages };
}
