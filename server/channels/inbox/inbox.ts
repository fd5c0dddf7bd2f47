import { defineChannel } from "../channelKind.ts";

/** Keeps notices in the hub, where the editor shows them. */
export const inbox = defineChannel({
  kind: "inbox",
  title: "Inbox",
  summary: "Shows notices in Millrace itself.",
  fields: {},
  hostOf: () => "",
  check: () => [],
  async deliver(notice, context) {
    await context.inbox.add(notice);
    return { outcome: "delivered" };
  },
});
