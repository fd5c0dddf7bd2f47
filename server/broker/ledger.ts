import type { Log } from "./log.ts";
import type { BrokerStorage, Change } from "./storage.ts";

/** Writes down what must survive; many changes share one commit. */
export interface Ledger {
  /** Notes a change, and returns the number of the page it stands on. */
  note(change: Change): number;
  /** The number of the last page that is on disk. */
  readonly keptThrough: number;
  /** How many changes were noted since the start. */
  readonly noted: number;
  /**
   * Calls back once all that was noted until now is on disk: at once when it is, in the order of the calls otherwise,
   * and never when the disk has failed.
   */
  whenKept(act: () => void): void;
  /** Hands over what was noted, so that whatever is written from now on comes after it. */
  submit(): void;
  /** Resolves when nothing waits any more, or when it is clear that it cannot be written. */
  close(): Promise<void>;
  readonly figures: LedgerFigures;
}

/** Exact counts since the start, and what waits. */
export interface LedgerFigures {
  readonly commits: number;
  readonly changes: number;
  readonly waiting: number;
}

export interface LedgerOptions {
  /** Commits in the order of the calls. */
  readonly storage: Pick<BrokerStorage, "commit">;
  readonly log: Log;
}

/** Changes that go to the disk together. */
interface Page {
  readonly number: number;
  readonly changes: Change[];
  /** Where the retained message of a topic stands: a newer one takes its place, so that a full disk fills no memory. */
  readonly retained: Map<string, number>;
  readonly waiting: (() => void)[];
}

/** When so many pages are under way, the next one waits and fills: the slower the disk, the more share a commit. */
const PAGES_UNDER_WAY = 4;

/** No timer: a page ends with the turn. What depends on a page that cannot be written is never acknowledged. */
export function createLedger({ storage, log }: LedgerOptions): Ledger {
  let page = createPage(1);
  const underWay: Page[] = [];
  let isPlanned = false;
  let noted = 0;
  let commits = 0;
  let changes = 0;
  let keptThrough = 0;
  let hasFailed = false;
  let onEnd: (() => void) | undefined;

  function plan(): void {
    if (isPlanned || page.changes.length === 0 || underWay.length >= PAGES_UNDER_WAY) return;
    isPlanned = true;
    // The end of the turn: what one segment of the network brings shares a page.
    queueMicrotask(submit);
  }

  function submit(): void {
    isPlanned = false;
    if (page.changes.length === 0) return;
    const full = page;
    page = createPage(full.number + 1);
    underWay.push(full);
    storage.commit(full.changes).then(() => keep(full), fail);
  }

  function keep(full: Page): void {
    commits++;
    changes += full.changes.length;
    keptThrough = full.number;
    // Whoever asks meanwhile comes after those who already wait: acknowledgements keep their order.
    for (const act of full.waiting) attempt(act);
    underWay.shift();
    plan();
    if (underWay.length === 0 && page.changes.length === 0) onEnd?.();
  }

  function fail(error: unknown): void {
    hasFailed = true;
    log.error({ err: error }, "The broker can keep nothing any more, so it acknowledges nothing.");
    onEnd?.();
  }

  function attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      log.error({ err: error }, "An acknowledgement could not be sent.");
    }
  }

  return {
    note(change) {
      noted++;
      const topic = change.do === "retain" || change.do === "unretain" ? change.topic : undefined;
      const before = topic === undefined ? undefined : page.retained.get(topic);
      if (before !== undefined) {
        page.changes[before] = change;
        return page.number;
      }
      const length = page.changes.push(change);
      if (topic !== undefined) page.retained.set(topic, length - 1);
      plan();
      return page.number;
    },
    whenKept(act) {
      const last = page.changes.length > 0 ? page : underWay.at(-1);
      if (last === undefined) act();
      else last.waiting.push(act);
    },
    submit,
    async close() {
      if (hasFailed || (underWay.length === 0 && page.changes.length === 0)) return;
      await new Promise<void>((resolve) => {
        onEnd = resolve;
      });
    },
    get keptThrough() {
      return keptThrough;
    },
    get noted() {
      return noted;
    },
    get figures() {
      const waiting = underWay.reduce((sum, one) => sum + one.changes.length, page.changes.length);
      return { commits, changes, waiting };
    },
  };
}

function createPage(number: number): Page {
  return { number, changes: [], retained: new Map(), waiting: [] };
}
