import type { Outgoing, Qos } from "./arrival.ts";
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
  readonly waiting: number;
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

/** Members that are compared when nobody can send at once, so that the cost does not grow with the group. */
const COMPARED = 16;
/** Publishers a group remembers the member of; beyond, the one it has known for longest is assigned anew. */
const PUBLISHERS_MAX = 10_000;

interface Member {
  subscription: SharedSubscription;
  /** Where it stands; `undefined` when it is away and can keep nothing. */
  place: Set<Member> | undefined;
  unwatch: () => void;
}

interface Group {
  readonly members: Map<ShareMember, Member>;
  join(subscription: SharedSubscription): void;
  /** False when the subscription is not the member's present one. */
  part(subscription: SharedSubscription): boolean;
  /** Passes one message on; `undefined` when the holder should keep it, else whether its row stays. */
  take(held: HeldMessage, holder: ShareMember): boolean | undefined;
  stop(): void;
}

/** A message and who holds it. */
type Holding = readonly [held: HeldMessage, holder: ShareMember];

/**
 * Shared subscriptions: each message goes to one member of the group. The group itself keeps nothing: what cannot be
 * sent waits in the queue of a member, on disk if that one is persistent, and moves when somebody else can send it.
 */
export function createShares({ strategy, listen }: SharesOptions): Shares {
  const groups = new Map<string, Group>();
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
        group = createGroup({
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
      if (group.members.size > 0) return;
      group.stop();
      groups.delete(share);
    },
    leave,
    get count() {
      let count = 0;
      for (const { members } of groups.values()) count += members.size;
      return count;
    },
  };
}

interface GroupOptions {
  readonly share: string;
  readonly strategy: ShareStrategy;
  readonly listen: (deliver: (message: Outgoing) => void) => () => void;
  /** Passes on what somebody takes. */
  readonly passOn: (holdings: readonly Holding[]) => void;
  /** True while messages move from one member to others. */
  readonly isPassing: () => boolean;
}

/**
 * A set is a line here: who got a message goes to its end. Members move between the lines when something changes for
 * them, so a message costs the same however many there are.
 */
function createGroup({ share, strategy, listen, passOn, isPassing }: GroupOptions): Group {
  const members = new Map<ShareMember, Member>();
  /** Those who can send now, those who are there but cannot, and those who are away and keep messages. */
  const ready = new Set<Member>();
  const busy = new Set<Member>();
  const away = new Set<Member>();
  const memberOf = new Map<string | undefined, Member>();
  /** Who holds the newest messages while all are away: later ones go there too, which keeps them in order. */
  let keeper: Member | undefined;
  /** Members that are away may hold messages. */
  let areLeft = false;
  const stop = listen(deliver);

  function deliver(message: Outgoing): void {
    const member = choose(message) ?? shortest(busy, message)?.member ?? keep(message);
    if (member === undefined) return;
    const { receiver, qos } = member.subscription;
    receiver.deliver(message, qos, { share });
  }

  function choose(message: Outgoing): Member | undefined {
    if (strategy === "round-robin") return nextReady();
    const known = memberOf.get(message.publisher);
    // It stays with this publisher while its window is full: elsewhere later messages would overtake those that wait.
    if (known !== undefined && isHere(known) && accepts(known, message)) return known;
    const next = nextReady() ?? shortest(busy, message)?.member;
    if (next !== undefined) remember(message.publisher, next);
    return next;
  }

  function remember(publisher: string | undefined, member: Member): void {
    memberOf.delete(publisher);
    const [longestKnown] = memberOf.keys();
    if (memberOf.size >= PUBLISHERS_MAX) memberOf.delete(longestKnown);
    memberOf.set(publisher, member);
  }

  function nextReady(): Member | undefined {
    for (const member of ready) {
      if (member.subscription.receiver.hasRoom()) return toEnd(ready, member);
      settle(member);
    }
    return undefined;
  }

  /** The shortest queue of those who need not give up a message for this one, else of all. */
  function shortest(line: Set<Member>, message: Outgoing) {
    let best: { readonly member: Member; readonly isFree: boolean } | undefined;
    let compared = 0;
    for (const member of line) {
      if (++compared > COMPARED) break;
      const isFree = accepts(member, message);
      const isShorter =
        best === undefined ||
        (isFree === best.isFree
          ? member.subscription.receiver.waiting < best.member.subscription.receiver.waiting
          : isFree);
      if (isShorter) best = { member, isFree };
    }
    if (best !== undefined) toEnd(line, best.member);
    return best;
  }

  /** Nobody is there: somebody keeps it until one of the group comes. */
  function keep(message: Outgoing): Member | undefined {
    if (message.qos === 0) return undefined;
    if (keeper?.place !== away || !accepts(keeper, message)) keeper = shortest(away, message)?.member;
    areLeft ||= keeper !== undefined;
    return keeper;
  }

  function settle(member: Member): void {
    const { receiver, qos } = member.subscription;
    const canKeep = receiver.isPersistent && qos > 0;
    const place = receiver.isOnline() ? (receiver.hasRoom() ? ready : busy) : canKeep ? away : undefined;
    if (place === member.place) return;
    member.place?.delete(member);
    place?.add(member);
    member.place = place;
    if (place === away) keeper = member;
  }

  function changed(member: Member): void {
    settle(member);
    if (areLeft && ready.size > 0 && !isPassing()) pull();
  }

  /** Takes over what members that are away hold, in the order it came. */
  function pull(): void {
    const holdings = Array.from(away, ({ subscription: { receiver } }) =>
      receiver.held(share).map((held) => [held, receiver] as const),
    );
    areLeft = false;
    passOn(holdings.flat().toSorted(([one], [other]) => one.seq - other.seq));
  }

  /** Who takes a message over: nobody must lose one for it, unless its holder cannot keep it. */
  function heir(message: Outgoing, mustGo: boolean): Member | undefined {
    const next = choose(message);
    if (next !== undefined && accepts(next, message)) return next;
    const here = shortest(busy, message);
    if (here?.isFree === true) return here.member;
    return mustGo ? (keep(message) ?? here?.member ?? next) : undefined;
  }

  return {
    members,
    stop,
    join(subscription) {
      const { receiver } = subscription;
      const known = members.get(receiver);
      const member = known ?? { subscription, place: undefined, unwatch: () => {} };
      member.subscription = subscription;
      members.set(receiver, member);
      if (known === undefined) member.unwatch = receiver.watch(() => changed(member));
      // A session that is taken up after a restart may hold something.
      areLeft ||= !receiver.isOnline();
      changed(member);
    },
    part(subscription) {
      const member = members.get(subscription.receiver);
      if (member?.subscription !== subscription) return false;
      members.delete(subscription.receiver);
      member.place?.delete(member);
      member.place = undefined;
      member.unwatch();
      return true;
    },
    take(held, holder) {
      const { message, seq } = held;
      const member = heir(message, !members.has(holder));
      if (member === undefined) {
        areLeft = true;
        return undefined;
      }
      const { receiver, qos } = member.subscription;
      // A row moves with its message to a session that has rows; for another it stays, so that a crash loses nothing.
      const canLend = seq > 0 && qos > 0 && !receiver.isPersistent;
      const isTaken = receiver.deliver(message, qos, { share, lent: canLend ? held : undefined });
      return isTaken && canLend;
    },
  };

  function isHere({ place }: Member): boolean {
    return place === ready || place === busy;
  }
}

function accepts({ subscription: { receiver, qos } }: Member, message: Outgoing): boolean {
  return receiver.accepts(message, message.qos < qos ? message.qos : qos);
}

function toEnd(line: Set<Member>, member: Member): Member {
  line.delete(member);
  line.add(member);
  return member;
}
