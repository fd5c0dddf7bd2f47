import type { Outgoing, Qos } from "./arrival.ts";
import { createShareGroup, type Holding, type ShareGroup } from "./shareGroup.ts";
import { sharedFilter } from "./sharedFilter.ts";

/** Who gets the next message of a group. */
export type ShareStrategy = "round-robin" | "sticky";

/** How a message came to one session: through which group, and from whom if another member held it before. */
export interface ShareMark {
  /** The whole text of the subscription. */
  readonly share: string;
  /** Its row on disk, which is another session's and stays until the message is acknowledged. */
  readonly lent?: HeldRow | undefined;
}

/** A row of a queue on disk. */
export interface HeldRow {
  readonly seq: number;
  /** The page of the ledger it stands on. */
  readonly page: number;
  /** The row is gone: its packet id is free again. */
  free(): void;
}

/** A message that a session holds for a group and may pass on. */
export interface HeldMessage extends HeldRow {
  readonly share: string;
  readonly message: Outgoing;
  /** Under which its holder has it. */
  readonly packetId: number;
}

/** One session's end of its groups. */
export interface ShareMember {
  readonly isPersistent: boolean;
  isOnline(): boolean;
  /** One more message can be sent now. */
  hasRoom(): boolean;
  /** It can take this message without giving up any. */
  accepts(message: Outgoing, qos: Qos): boolean;
  /** How many messages wait for it. */
  waiting(): number;
  /** False when it was given up. */
  deliver(message: Outgoing, grantedQos: Qos, mark: ShareMark): boolean;
  /** What it may pass on, in order: what was not sent and, once it is away, QoS 1 that was not acknowledged. */
  held(share?: string): readonly HeldMessage[];
  /** They are another's now; true for those whose rows stay. */
  letGo(gone: ReadonlyMap<HeldMessage, boolean>): void;
  /** Calls when it comes, goes, or has room; returns the end of that. */
  watch(listener: () => void): () => void;
}

/** A shared filter of one session. */
export interface SharedSubscription {
  /** The whole text, `$share/<group>/<filter>`. */
  readonly filter: string;
  readonly qos: Qos;
  readonly receiver: ShareMember;
}

/** All groups. */
export interface Shares {
  /** The same filter of the same session again replaces it. */
  add(subscription: SharedSubscription): void;
  /** What the member has not begun to send goes to the others; nothing happens when it was replaced. */
  remove(subscription: SharedSubscription): void;
  /** The member has gone: what it holds goes to those who are there. */
  leave(member: ShareMember): void;
  /** Shared subscriptions of all sessions. */
  readonly count: number;
}

/** What the groups work with. */
export interface SharesOptions {
  readonly strategy: ShareStrategy;
  /** Routes the messages of a filter to a group; returns the end of that. */
  readonly listen: (filter: string, deliver: (message: Outgoing) => void) => () => void;
}

/**
 * Shared subscriptions: each message goes to one member of the group. The group itself keeps nothing: what cannot be
 * sent waits in the queue of a member, on disk if that one is persistent, and moves when somebody else can send it.
 */
export function createShares({ strategy, listen }: SharesOptions): Shares {
  const groups = new Map<string, ShareGroup>();
  /** Under way: what is held is then not what it seems. */
  let passings = 0;

  function passOn(holdings: readonly Holding[]): void {
    passings++;
    try {
      passEach(holdings);
    } finally {
      passings--;
    }
  }

  function passEach(holdings: readonly Holding[]): void {
    const gone = new Map<ShareMember, Map<HeldMessage, boolean>>();
    for (const [held, holder] of holdings) {
      const rowStays = groups.get(held.share)?.take(held, holder);
      if (rowStays === undefined) continue;
      const ofHolder = gone.get(holder) ?? new Map<HeldMessage, boolean>();
      gone.set(holder, ofHolder.set(held, rowStays));
    }
    for (const [holder, ofHolder] of gone) holder.letGo(ofHolder);
  }

  function leave(member: ShareMember, share?: string): void {
    const holdings = member.held(share).map((held) => [held, member] as const);
    if (holdings.length > 0) passOn(holdings);
  }

  return {
    add(subscription) {
      const { filter: share } = subscription;
      const filter = sharedFilter(share)?.filter;
      if (filter === undefined) throw new Error(`The shared filter ${JSON.stringify(share)} is not one.`);
      let group = groups.get(share);
      if (group === undefined) {
        group = createShareGroup({
          share,
          strategy,
          passOn,
          isPassing: () => passings > 0,
          listen: (deliver) => listen(filter, deliver),
        });
        groups.set(share, group);
      }
      group.join(subscription);
    },
    remove(subscription) {
      const { filter: share, receiver } = subscription;
      const group = groups.get(share);
      if (group?.part(subscription) !== true) return;
      leave(receiver, share);
      if (group.size > 0) return;
      group.stop();
      groups.delete(share);
    },
    leave,
    get count() {
      let count = 0;
      for (const { size } of groups.values()) count += size;
      return count;
    },
  };
}
