import { createTopicTrie } from "#flows/topics/topicTrie.ts";
import { createOutgoing, type Arrival, type Outgoing, type Qos } from "./arrival.ts";
import { createShares, type Shares, type ShareStrategy } from "./shares.ts";

/** One session's end of the bus; a message reaches it once, however many of its filters match. */
export interface Receiver {
  deliver(message: Outgoing, grantedQos: Qos): unknown;
}

/** One filter of one receiver. */
export interface BusSubscription {
  readonly filter: string;
  readonly qos: Qos;
  readonly receiver: Receiver;
}

/** Hears every accepted message, synchronously and before any subscriber; it must be quick. */
export type Tap = (arrival: Arrival) => void;

/** Passes messages from publishers to the taps and the subscribers, all in the same turn. */
export interface Bus {
  add(subscription: BusSubscription): void;
  remove(subscription: BusSubscription): void;
  tap(listener: Tap): () => void;
  route(arrival: Arrival): void;
  /** Passes a message of the broker about itself to its subscribers only; the taps do not hear it. */
  tell(message: Pick<Arrival, "topic" | "payload" | "qos">): void;
  /** Plain subscriptions that are there now. */
  readonly count: number;
  /** Subscriptions of the form `$share/<group>/<filter>`. */
  readonly shares: Shares;
  /** Messages passed on since the start. */
  readonly routed: number;
}

/** What the bus is made with. */
export interface BusOptions {
  readonly shareStrategy: ShareStrategy;
  readonly onError: (error: unknown, topic: string) => void;
}

/**
 * Why own: the stock emitter waits for every subscriber, so one frozen client stops all topics (aedes D4), and it
 * delivers overlapping filters at the QoS of whichever came first (aedes issue 1074). Here nobody is waited for.
 */
export function createBus({ shareStrategy, onError }: BusOptions): Bus {
  const trie = createTopicTrie<BusSubscription>();
  const shares = createShares({ strategy: shareStrategy, listen });
  const receivers = new WeakMap<readonly BusSubscription[], readonly BusSubscription[]>();
  const taps = new Set<Tap>();
  const waiting: Arrival[] = [];
  let isRouting = false;
  let count = 0;
  let routed = 0;

  function subscribersOf(topic: string): readonly BusSubscription[] {
    const matches = trie.match(topic);
    if (matches.length < 2) return matches;
    // The trie gives the same list for a topic until a filter changes, so it stands for its own answer.
    const known = receivers.get(matches);
    if (known !== undefined) return known;
    const found = strongest(matches);
    receivers.set(matches, found);
    return found;
  }

  /** A group is a receiver of its own: whoever listens to the same topics by themselves gets the message besides. */
  function listen(filter: string, deliver: (message: Outgoing) => void): () => void {
    const subscription: BusSubscription = { filter, qos: 2, receiver: { deliver } };
    trie.add(filter, subscription);
    return () => trie.remove(filter, subscription);
  }

  /** One listener's or receiver's defect stays its own. */
  function attempt(act: () => void, topic: string): void {
    try {
      act();
    } catch (error) {
      onError(error, topic);
    }
  }

  function routeOne(arrival: Arrival): void {
    routed++;
    for (const listener of taps) attempt(() => listener(arrival), arrival.topic);
    tell(arrival);
  }

  function tell(content: Pick<Arrival, "topic" | "payload" | "qos">): void {
    const subscribers = subscribersOf(content.topic);
    if (subscribers.length === 0) return;
    const message = createOutgoing(content);
    for (const { receiver, qos } of subscribers) {
      attempt(() => receiver.deliver(message, qos), content.topic);
    }
  }

  return {
    add(subscription) {
      trie.add(subscription.filter, subscription);
      count++;
    },
    remove(subscription) {
      trie.remove(subscription.filter, subscription);
      count--;
    },
    tap(listener) {
      taps.add(listener);
      return () => {
        taps.delete(listener);
      };
    },
    route(arrival) {
      // A tap that publishes must not overtake the message it answers to: its own waits for the end of this one.
      waiting.push(arrival);
      if (isRouting) return;
      isRouting = true;
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) routeOne(next);
      isRouting = false;
    },
    tell,
    get count() {
      return count;
    },
    shares,
    get routed() {
      return routed;
    },
  };
}

/** One entry for each receiver, with the highest QoS of its matching filters [MQTT-3.3.5-1]. */
function strongest(matches: readonly BusSubscription[]): readonly BusSubscription[] {
  const best = new Map<Receiver, BusSubscription>();
  for (const subscription of matches) {
    const other = best.get(subscription.receiver);
    if (other === undefined || other.qos < subscription.qos) best.set(subscription.receiver, subscription);
  }
  return [...best.values()];
}
