/** A device of the registry, as messages and templates see it. */
export interface DeviceRef {
  readonly id: string;
  readonly name: string;
}

/** Bytes that are neither JSON nor text; the host keeps the bytes, flows see only their size. */
export interface BinaryPayload {
  readonly binary: true;
  readonly size: number;
  readonly base64: string;
}

/**
 * What travels along a wire. Nodes never change one: they pass it on, or make a new one that shares the unchanged
 * parts. Conditions and templates read it directly: its properties are the roots of their paths.
 * Plain JSON throughout, so that a node may keep one in its state. Times are ms since 1970.
 */
export interface Message {
  readonly topic: string;
  /** The decoded value; `undefined` when there is none (`nan`, `unavailable`, an empty payload). */
  readonly payload: unknown;
  /** The topic, split at its slashes. */
  readonly levels: readonly string[];
  /** Named levels of the filter that matched: `coldstore/{room}/t` gives `params.room`. */
  readonly params: Readonly<Record<string, string>>;
  /** Whose state this is about; stateful nodes keep one state for each key. */
  readonly key: string | undefined;
  readonly device: DeviceRef | undefined;
  /** Event time, and the time of arrival. */
  readonly at: number;
  readonly seenAt: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** A stored value replayed, not news: it sets levels, fires no edge and no action. */
  readonly initial: boolean;
  readonly id: string;
  /** Id of the first event of the chain. */
  readonly cause: string;
  /** Publishes by flows along the chain so far. */
  readonly hops: number;
  /** What earlier nodes found out, under the name of their type. */
  readonly facts: Readonly<Record<string, unknown>>;
}

const NO_FACTS: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/** A message with every property present; what is not given gets the neutral value. */
export function createMessage(
  given: Partial<Message> & Pick<Message, "topic" | "payload" | "seenAt" | "id">,
): Message {
  return {
    topic: given.topic,
    payload: given.payload,
    levels: given.levels ?? given.topic.split("/"),
    params: given.params ?? NO_PARAMS,
    key: given.key,
    device: given.device,
    at: given.at ?? given.seenAt,
    seenAt: given.seenAt,
    qos: given.qos ?? 0,
    retain: given.retain ?? false,
    initial: given.initial ?? false,
    id: given.id,
    cause: given.cause ?? given.id,
    hops: given.hops ?? 0,
    facts: given.facts ?? NO_FACTS,
  };
}

/** The same message with one more finding; the payload passes unchanged. */
export function withFacts(message: Message, name: string, finding: unknown): Message {
  return { ...message, facts: { ...message.facts, [name]: finding } };
}

/** The same message about another payload. */
export function withPayload(message: Message, payload: unknown): Message {
  return { ...message, payload };
}
