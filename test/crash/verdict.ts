import type { Publisher } from "./publisher.ts";
import type { Received } from "./subscriber.ts";

/** What is known of a publisher. */
export type Sent = Pick<Publisher, "name" | "acked" | "exact">;
/** What is known of a subscriber. */
export interface Got {
  readonly name: string;
  readonly received: readonly Pick<Received, "topic" | "number">[];
}

/** Where a subscriber did not get what it must get, whatever happened to the hub meanwhile; each is a sentence. */
export function breachesOf(publishers: readonly Sent[], subscriber: Got): readonly string[] {
  return judge(publishers, subscriber, (publisher, came) => [
    ...lost(publisher, came),
    ...doubled(publisher, came),
    ...outOfOrder(came),
  ]);
}

/** The same for what must come at least once. */
export function lossesOf(publishers: readonly Sent[], subscriber: Got): readonly string[] {
  return judge(publishers, subscriber, lost);
}

/** True once every number that the hub has answered for has come. */
export function hasAll(publishers: readonly Sent[], { received }: Pick<Got, "received">): boolean {
  const came = new Set(received.map(({ topic, number }) => `${publisherOf(topic)} ${number}`));
  return publishers.every(({ name, acked }) => [...acked].every((number) => came.has(`${name} ${number}`)));
}

/** B11: a retained value is the last acknowledged one, or one sent after it. */
export function staleStates(
  publishers: readonly Pick<Publisher, "name" | "lastAckedState" | "lastSentState">[],
  values: ReadonlyMap<string, number>,
): readonly string[] {
  return publishers.flatMap(({ name, lastAckedState, lastSentState }) => {
    const value = values.get(name) ?? 0;
    if (value >= lastAckedState && value <= lastSentState) return [];
    return [`${name} kept ${value}, acknowledged was ${lastAckedState}, sent ${lastSentState}.`];
  });
}

function judge(
  publishers: readonly Sent[],
  subscriber: Got,
  find: (publisher: Sent, came: readonly number[]) => readonly string[],
): readonly string[] {
  return publishers.flatMap((publisher) => {
    const came = subscriber.received
      .filter(({ topic }) => publisherOf(topic) === publisher.name)
      .map(({ number }) => number);
    return find(publisher, came).map((what) => `From ${publisher.name} to ${subscriber.name}: ${what}.`);
  });
}

function publisherOf(topic: string): string {
  return topic.split("/")[1] ?? "";
}

function lost({ acked }: Sent, came: readonly number[]): readonly string[] {
  const there = new Set(came);
  const missing = [...acked].filter((number) => !there.has(number));
  return some(missing, `${missing.length} of ${acked.size} acknowledged messages are lost`);
}

/** B5: QoS 2 is once, also over a crash. */
function doubled({ exact }: Sent, came: readonly number[]): readonly string[] {
  const seen = new Set<number>();
  const twice = came.filter((number) => exact.has(number) && seen.size === seen.add(number).size);
  return some(twice, `${twice.length} messages of QoS 2 came twice`);
}

/** B3: what came for the first time came in the order it was sent; repetitions of QoS 1 may follow. */
function outOfOrder(came: readonly number[]): readonly string[] {
  const first = [...new Set(came)];
  const late = first.filter((number, index) => number < (first[index - 1] ?? 0));
  return some(late, `${late.length} messages came after a later one`);
}

function some(numbers: readonly number[], what: string): readonly string[] {
  return numbers.length === 0 ? [] : [`${what} (${numbers.slice(0, 20).join(", ")})`];
}
