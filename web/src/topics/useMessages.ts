import { type Ref, type ShallowRef, onScopeDispose, ref, shallowRef, watch } from "vue";
import type { TopicMessage } from "#server/api/contract.ts";
import { api } from "../api.ts";
import { live } from "../live.ts";
import { toastError } from "../ui/toasts.ts";

/** A message in the list; `key` is its place in the stream. */
export interface StreamedMessage extends TopicMessage {
  readonly key: number;
}

/** The messages of a filter, newest first. */
export interface Messages {
  readonly items: ShallowRef<readonly StreamedMessage[]>;
  readonly paused: Ref<boolean>;
  /** How many came while the list stood still. */
  readonly waiting: Ref<number>;
  /** How many the hub left out because they came too fast. */
  readonly dropped: Ref<number>;
  clear(): void;
}

const KEPT = 1_000;

/** Follows a filter: the recorded messages first, then the live ones, drawn once a frame. */
export function useMessages(filter: Readonly<Ref<string>>): Messages {
  const items = shallowRef<readonly StreamedMessage[]>([]);
  const paused = ref(false);
  const waiting = ref(0);
  const dropped = ref(0);
  let pending: StreamedMessage[] = [];
  let lastKey = 0;
  let frame = 0;

  const keyed = (message: TopicMessage): StreamedMessage => ({ ...message, key: ++lastKey });

  function flush(): void {
    frame = 0;
    waiting.value = paused.value ? pending.length : 0;
    if (paused.value || pending.length === 0) return;
    items.value = [...pending.toReversed(), ...items.value].slice(0, KEPT);
    pending = [];
  }

  const off = live.on("messages", (event) => {
    pending = [...pending, ...event.messages.map(keyed)].slice(-KEPT);
    dropped.value += event.dropped;
    frame ||= requestAnimationFrame(flush);
  });

  watch(paused, flush);
  watch(
    filter,
    async (wanted) => {
      items.value = [];
      pending = [];
      dropped.value = 0;
      live.watchTopics(wanted);
      try {
        const recorded = await api.messages(wanted);
        if (wanted !== filter.value) return;
        // Live ones may have come in the meantime: they are newer and stay on top.
        const oldestLiveAt = Math.min(
          Infinity,
          ...items.value.map(({ at }) => at),
          ...pending.map(({ at }) => at),
        );
        const older = recorded.filter(({ at }) => at < oldestLiveAt).toSorted((a, b) => b.at - a.at);
        items.value = [...items.value, ...older.map(keyed)].slice(0, KEPT);
      } catch (error) {
        toastError(error);
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    off();
    cancelAnimationFrame(frame);
    live.watchTopics(null);
  });

  return { items, paused, waiting, dropped, clear: () => (items.value = []) };
}
