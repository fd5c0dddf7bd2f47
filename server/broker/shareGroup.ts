import type { Outgoing } from "./arrival.ts";
import { createLine, type Line, type Linked } from "./line.ts";
import type { HeldMessage, SharedSubscription, ShareMember, ShareStrategy } from "./shares.ts";

/** One group of one filter. */
export interface ShareGroup {
  /** How many members it has. */
  readonly size: number;
  join(subscription: SharedSubscription): void;
  /** False when the subscription is not the member's present one. */
  part(subscription: SharedSubscription): boolean;
  /** Passes one message on; `undefined` when the holder should keep it, else whether its row stays. */
  take(held: HeldMessage, holder: ShareMember): boolean | undefined;
  stop(): void;
}

/** A message and who holds it. */
export type Holding = readonly [held: HeldMessage, holder: ShareMember];

/** What a group works with. */
export interface ShareGroupOptions {
  readonly share: string;
  readonly strategy: ShareStrategy;
  readonly listen: (deliver: (message: Outgoing) => void) => () => void;
  /** Passes on what somebody takes. */
  readonly passOn: (holdings: readonly Holding[]) => void;
  /** True while messages move from one member to others. */
  readonly isPassing: () => boolean;
}

/** Members that are compared when nobody can send at once, so that the cost does not grow with the group. */
const COMPARED = 16;
/** Publishers a group remembers the member of; beyond, the one it has known for longest is assigned anew. */
const PUBLISHERS_MAX = 10_000;

interface Member extends Linked<Member> {
  subscription: SharedSubscription;
  /** Where it stands; `undefined` when it is away and can keep nothing. */
  place: Line<Member> | undefined;
  unwatch: () => void;
}

/**
 * Who gets a message goes to the end of its line. Members move between the lines when something changes for them, so a
 * message costs the same however many there are.
 */
export function createShareGroup(options: ShareGroupOptions): ShareGroup {
  const { share, strategy, listen, passOn, isPassing } = options;
  const members = new Map<ShareMember, Member>();
  /** Those who can send now, those who are there but cannot, and those who are away and keep messages. */
  const ready = createLine<Member>();
  const busy = createLine<Member>();
  const away = createLine<Member>();
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
    for (let member = ready.first; member !== undefined; member = ready.first) {
      if (member.subscription.receiver.hasRoom()) return toEnd(ready, member);
      settle(member);
    }
    return undefined;
  }

  /** The shortest queue of those who need not give up a message for this one, else of all. */
  function shortest(line: Line<Member>, message: Outgoing) {
    let best: { readonly member: Member; readonly isFree: boolean } | undefined;
    let compared = 0;
    for (let member = line.first; member !== undefined && compared < COMPARED; member = member.after) {
      compared++;
      const isFree = accepts(member, message);
      const isShorter =
        best === undefined ||
        (isFree === best.isFree
          ? member.subscription.receiver.waiting() < best.member.subscription.receiver.waiting()
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
    member.place?.remove(member);
    place?.push(member);
    member.place = place;
    if (place === away) keeper = member;
  }

  function changed(member: Member): void {
    settle(member);
    if (areLeft && ready.first !== undefined && !isPassing()) pull();
  }

  /** Takes over what members that are away hold, in the order it came. */
  function pull(): void {
    const holdings: Holding[] = [];
    for (let member = away.first; member !== undefined; member = member.after) {
      const { receiver } = member.subscription;
      for (const held of receiver.held(share)) holdings.push([held, receiver]);
    }
    areLeft = false;
    passOn(holdings.toSorted(([one], [other]) => one.seq - other.seq));
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
    get size() {
      return members.size;
    },
    stop,
    join(subscription) {
      const { receiver } = subscription;
      const known = members.get(receiver);
      const member = known ?? createMember(subscription);
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
      member.place?.remove(member);
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

function createMember(subscription: SharedSubscription): Member {
  return { subscription, place: undefined, before: undefined, after: undefined, unwatch() {} };
}

function toEnd(line: Line<Member>, member: Member): Member {
  line.remove(member);
  line.push(member);
  return member;
}
