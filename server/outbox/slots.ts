import type { OutboxLimits } from "./outboxLimits.ts";

/** Bounds how many calls are under way, in all and for one target. */
export interface Slots {
  /** False when none is free. */
  take: (target: string) => boolean;
  give: (target: string) => void;
  full: () => boolean;
}

/** Targets without a call under way are not kept. */
export function createSlots({ perTarget, inAll }: Pick<OutboxLimits, "perTarget" | "inAll">): Slots {
  const taken = new Map<string, number>();
  let total = 0;
  return {
    take(target) {
      const used = taken.get(target) ?? 0;
      if (used >= perTarget || total >= inAll) return false;
      taken.set(target, used + 1);
      total += 1;
      return true;
    },
    give(target) {
      const used = taken.get(target) ?? 0;
      if (used <= 1) taken.delete(target);
      else taken.set(target, used - 1);
      total -= 1;
    },
    full: () => total >= inAll,
  };
}
