import type { Who } from "./api/api.ts";
import type { Store } from "./store/store.ts";

/** Carries out what somebody asked for, and writes one line that they did. */
export type Audit = <Done>(
  by: Who,
  action: string,
  target: string,
  act: () => Promise<Done>,
) => Promise<Done>;

/** Writes one line for what was done; what was refused leaves none. */
export function auditor({
  store,
  now,
}: {
  readonly store: Pick<Store, "audit">;
  readonly now: () => number;
}): Audit {
  return async (by, action, target, act) => {
    const done = await act();
    // A part that found nothing to do says so with `false`.
    if (done === false) return done;
    await store.audit.append({ at: now(), actor: by.user.name, action, target, detail: null, address: null });
    return done;
  };
}
