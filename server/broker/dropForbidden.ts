import type { Session } from "./session.ts";

/** Ends the subscriptions that the present rules of a session no longer allow. */
export function dropForbidden(session: Session): void {
  for (const { filter } of session.filters()) {
    if (!session.acl.maySubscribe(filter)) session.unsubscribe(filter);
  }
}
