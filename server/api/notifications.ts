import type { NotificationPage } from "./contract.ts";
import { idParams, unknown, type IdParams } from "./ids.ts";
import { listQuery, pageQuery, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { anyText, exactly, integer, listOf, objectOf, optional } from "./schema.ts";
import { notificationItem } from "./schemas/delivery.ts";

/** The inbox. */
export function notificationRoutes({ notifications }: Pick<ApiParts, "notifications">): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: NotificationPage }>({
      method: "GET",
      path: "/notifications",
      scope: "alarms:read",
      summary: "Lists the notifications of the inbox, newest first.",
      query: listQuery(),
      answer: objectOf<NotificationPage>({
        items: listOf(notificationItem.ref),
        next: optional(anyText),
        unread: integer,
      }),
      handle: ({ query }) => ({ ...notifications.list(pageQuery(query)), unread: notifications.unread() }),
    }),
    route<{ body: object | undefined; answer: void }>({
      method: "POST",
      path: "/notifications/read",
      scope: "alarms:write",
      role: "operator",
      summary: "Marks every notification as read.",
      body: exactly<object>({}),
      isBodyOptional: true,
      handle: async () => {
        await notifications.markRead("all");
      },
    }),
    route<{ params: IdParams; body: object | undefined; answer: void }>({
      method: "POST",
      path: "/notifications/:id/read",
      scope: "alarms:write",
      role: "operator",
      summary: "Marks a notification as read.",
      params: idParams,
      body: exactly<object>({}),
      isBodyOptional: true,
      handle: async ({ params: { id } }) => {
        const isKnown = id !== "all" && (await notifications.markRead(id));
        if (!isKnown) throw unknown("notification.unknown", "notification", id);
      },
    }),
  ];
}
