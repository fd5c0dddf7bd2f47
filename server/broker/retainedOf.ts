import { matchesFilter } from "#flows/topics/topicFilter.ts";
import type { RetainedIndex, RetainedMessage } from "./retained.ts";

/** What new filters match, each message once however many of them do. */
export function* retainedOf(
  filters: readonly string[],
  retained: Pick<RetainedIndex, "walk">,
): Generator<RetainedMessage, undefined> {
  for (const [index, filter] of filters.entries()) {
    const earlier = filters.slice(0, index);
    for (const message of retained.walk(filter))
      if (!earlier.some((other) => matchesFilter(other, message.topic))) yield message;
  }
}
