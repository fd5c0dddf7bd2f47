import { shallowRef } from "vue";
import { api } from "../api.ts";
import { live } from "../live.ts";

/** How many notices nobody has read yet. */
export const unread = shallowRef(0);

/** Counts afresh; called on start, after a reconnect and after notices were read. */
export async function countUnread(): Promise<void> {
  unread.value = (await api.notifications()).unread;
}

live.on("notification", (event) => (unread.value = event.unread));
