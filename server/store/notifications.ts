import type { Connection } from "./connection.ts";
import { guard, operation, type Operation } from "./operation.ts";
import { boundsOf, pageOf, type Page, type PageRequest } from "./page.ts";

export interface NewNotification {
  readonly id: string;
  readonly at: number;
  readonly severity: string;
  readonly title: string;
  readonly text: string;
  readonly flow: string | null;
  readonly node: string | null;
  readonly run: string | null;
}

export interface Notification extends NewNotification {
  readonly readAt: number | null;
}

/** The inbox. */
export interface NotificationStore {
  /** A second one with the same id changes nothing. */
  readonly add: (notification: NewNotification) => Promise<void>;
  /** Newest first. */
  readonly list: (request: PageRequest) => Page<Notification>;
  /** `false`: there is none of this id; `"all"` always succeeds. */
  readonly markRead: (id: string) => Promise<boolean>;
  readonly unread: () => number;
}

/** Beyond this the oldest go, counted as `notifications.dropped`. */
export const NOTIFICATIONS_MAX = 10_000;

const COLUMNS = "id, at, severity, title, text, flow, node, run, readAt";

/** Notifications in hub.db. */
export function createNotificationStore({ reader, commit, now }: Connection): NotificationStore {
  return {
    add: async (notification) => {
      await commit(addNotification(notification));
    },
    list: (request) => {
      const { before, limit } = boundsOf(request);
      const rows = reader.all<Notification & { readonly seq: number }>(
        `SELECT seq, ${COLUMNS} FROM notifications WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
        before,
        limit + 1,
      );
      return pageOf(rows, limit, ({ seq: _seq, ...notification }) => notification);
    },
    markRead: async (id) => {
      if (id !== "all")
        return commit([
          guard("UPDATE notifications SET readAt = coalesce(readAt, ?) WHERE id = ?", now(), id),
        ]);
      await commit([operation("UPDATE notifications SET readAt = ? WHERE readAt IS NULL", now())]);
      return true;
    },
    unread: () => {
      const row = reader.get<{ readonly unread: number }>(
        "SELECT count(*) AS unread FROM notifications WHERE readAt IS NULL",
      );
      return row?.unread ?? 0;
    },
  };
}

/** The operations that add a notification, for the transaction of the run that made it. */
export function addNotification(notification: NewNotification): readonly Operation[] {
  const { id, at, severity, title, text, flow, node, run } = notification;
  return [
    operation(
      `INSERT INTO notifications (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING`,
      id,
      at,
      severity,
      title,
      text,
      flow,
      node,
      run,
    ),
    operation("UPDATE counters SET value = value + changes() WHERE name = 'notifications.kept'"),
    operation(
      `DELETE FROM notifications WHERE seq IN (SELECT seq FROM notifications ORDER BY seq
         LIMIT max(0, (SELECT value FROM counters WHERE name = 'notifications.kept') - ${NOTIFICATIONS_MAX}))`,
    ),
    operation(
      `UPDATE counters SET value = value + iif(name = 'notifications.dropped', changes(), -changes())
       WHERE name IN ('notifications.kept', 'notifications.dropped')`,
    ),
  ];
}
