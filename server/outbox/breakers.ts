/** Keeps a target that is down from being called again and again, one breaker for each target. */
export interface Breakers {
  /** May a call start? After the pause a single one may, as a probe. */
  allows: (target: string, nowMs: number) => boolean;
  /** A call starts; true when it is the probe of an open breaker. */
  started: (target: string) => boolean;
  /** The target answered, be it with a refusal. */
  answered: (target: string) => void;
  failed: (target: string, nowMs: number, isProbe: boolean) => void;
  /** The probe ended without saying anything about the target. */
  abandoned: (target: string) => void;
  /** The earliest time after `nowMs` at which a probe may start; Infinity when no breaker waits. */
  nextProbeAt: (nowMs: number) => number;
  open: () => readonly OpenBreaker[];
}

export interface OpenBreaker {
  readonly target: string;
  readonly failures: number;
  readonly probeAt: number;
}

const FAILURES_TO_OPEN = 5;
const PROBE_AFTER_MS = 30_000;
const PROBE_AFTER_MAX_MS = 300_000;
/** Troubled targets remembered; hosts in web addresses may come from messages. */
const BREAKERS_MAX = 1_000;

interface Breaker {
  failures: number;
  /** 0 while closed. */
  pauseMs: number;
  probeAt: number;
  probing: boolean;
}

/** Closed breakers without failures are not kept, so the map holds troubled targets only. */
export function createBreakers(): Breakers {
  const breakers = new Map<string, Breaker>();
  const isOpen = (breaker: Breaker) => breaker.pauseMs > 0;

  function remember(target: string, breaker: Breaker): void {
    const [oldest] = breakers.keys();
    if (!breakers.has(target) && breakers.size >= BREAKERS_MAX && oldest !== undefined)
      breakers.delete(oldest);
    breakers.set(target, breaker);
  }

  return {
    allows(target, nowMs) {
      const breaker = breakers.get(target);
      return breaker === undefined || !isOpen(breaker) || (!breaker.probing && nowMs >= breaker.probeAt);
    },
    started(target) {
      const breaker = breakers.get(target);
      if (breaker === undefined || !isOpen(breaker)) return false;
      breaker.probing = true;
      return true;
    },
    answered(target) {
      breakers.delete(target);
    },
    failed(target, nowMs, isProbe) {
      const breaker = breakers.get(target) ?? { failures: 0, pauseMs: 0, probeAt: 0, probing: false };
      remember(target, breaker);
      breaker.failures += 1;
      // Calls that were already under way when it opened tell nothing new: only a failed probe doubles the pause.
      if (!isProbe && (isOpen(breaker) || breaker.failures < FAILURES_TO_OPEN)) return;
      breaker.pauseMs = Math.min(PROBE_AFTER_MAX_MS, isOpen(breaker) ? breaker.pauseMs * 2 : PROBE_AFTER_MS);
      breaker.probeAt = nowMs + breaker.pauseMs;
      breaker.probing = false;
    },
    abandoned(target) {
      const breaker = breakers.get(target);
      if (breaker !== undefined) breaker.probing = false;
    },
    nextProbeAt(nowMs) {
      let earliest = Infinity;
      for (const breaker of breakers.values())
        if (isOpen(breaker) && !breaker.probing && breaker.probeAt > nowMs)
          earliest = Math.min(earliest, breaker.probeAt);
      return earliest;
    },
    open: () =>
      [...breakers]
        .filter(([, breaker]) => isOpen(breaker))
        .map(([target, { failures, probeAt }]) => ({ target, failures, probeAt })),
  };
}
