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

/** The store had too much to do; it is asked again after so long. */
const RETRY_MS = 100;

/**
 * One page is under way to the disk while the next one fills: no timer, and the slower the disk, the more changes share
 * a commit. What depends on a page that cannot be written is never acknowledged.
 */
export function createLedger({ storage, log }: LedgerOptions): Ledger {
  let page = createPage(1);
  let underWay: Page | undefined;
  let isPlanned = false;
  let noted = 0;
  let commits = 0;
  let changes = 0;
  let keptThrough = 0;
  let hasFailed = false;
  let onEnd: (() => void) | undefined;

  function plan(): void {
    if (isPlanned || underWay !== undefined) return;
    isPlanned = true;
    // The end of the turn: what one segment of the network brings shares a page.
    queueMicrotask(turnPage);
  }

  function turnPage(): void {
    isPlanned = false;
    underWay = page;
    page = createPage(page.number + 1);
    write(underWay);
  }

  function write(full: Page): void {
    storage.commit(full.changes).then(
      () => keep(full),
      (error: unknown) => {
        if (isOverloaded(error)) setTimeout(() => write(full), RETRY_MS).unref();
        else fail(error);
      },
    );
  }

  function keep(full: Page): void {
    commits++;
    changes += full.changes.length;
    keptThrough = full.number;
    // Whoever asks meanwhile comes after those who already wait: acknowledgements keep their order.
    for (const act of full.waiting) attempt(act);
    underWay = undefined;
    if (page.changes.length > 0) plan();
    else onEnd?.();
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
      const last = page.changes.length > 0 ? page : underWay;
      if (last === undefined) act();
      else last.waiting.push(act);
    },
    async close() {
      if (hasFailed || (underWay === undefined && page.changes.length === 0)) return;
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
      return { commits, changes, waiting: page.changes.length + (underWay?.changes.length ?? 0) };
    },
  };
}

function createPage(number: number): Page {
  return { number, changes: [], retained: new Map(), waiting: [] };
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "store.overloaded";
}
