import type { ShareStrategy } from "./shares.ts";

/** What a limit is counted in; a rate holds on average, over `burstS` seconds. */
export type LimitUnit =
  | "count"
  | "bytes"
  | "ms"
  | "seconds"
  | "per second"
  | "bytes per second"
  | "per minute";

/** What to do with a new message when the queue of its client is full. */
export type QueuePolicy = "drop-oldest" | "drop-newest" | "disconnect";

/** One limit of the broker: its default, what it may be set to, and what it means. */
export interface NumberLimit {
  readonly unit: LimitUnit;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

type AnyChoice = QueuePolicy | ShareStrategy | boolean;

/** One of several words, such as what happens at a limit. */
export interface ChoiceLimit<Choice extends AnyChoice = AnyChoice> {
  readonly unit: "choice";
  readonly default: Choice;
  readonly choices: readonly Choice[];
  readonly meaning: string;
}

/** A number or a choice. */
export type LimitSpec = NumberLimit | ChoiceLimit;

/** Bounds and choices of the broker; each bound has a counter when it is hit. */
export type BrokerLimits = {
  readonly [Name in LimitName]: (typeof brokerLimitSpecs)[Name]["default"];
};

/** The name of a limit, as people set it. */
export type LimitName = keyof typeof brokerLimitSpecs;

const KIB = 1_024;
const MIB = 1_024 * KIB;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Timers of 25 days fire at once in Node. */
const TIMER_MAX_MS = 24 * DAY_MS;

type Range = readonly [min: number, max: number];
const inUnit =
  (unit: LimitUnit, usual: Range) =>
  (byDefault: number, meaning: string, [min, max]: Range = usual): NumberLimit => ({
    unit,
    default: byDefault,
    min,
    max,
    meaning,
  });
const count = inUnit("count", [1, 1_000_000]);
const bytes = inUnit("bytes", [KIB, 64 * MIB]);
const time = inUnit("ms", [10, TIMER_MAX_MS]);
const seconds = inUnit("seconds", [1, 60]);
const perSecond = inUnit("per second", [1, 1_000_000]);
const bytesPerSecond = inUnit("bytes per second", [KIB, 1_024 * MIB]);
const perMinute = inUnit("per minute", [1, 10_000]);

/** Every limit of the broker (reference: broker, section 3.8; security, section 8); from here come defaults and help. */
export const brokerLimitSpecs = {
  connections: count(5_000, "Open connections in all; more are closed."),
  connectionsPerAddress: count(100, "Open connections from one address; more are closed."),
  connectionsFromLoopback: count(1_000, "Open connections from this computer; more are closed."),
  connectionsPerUser: count(10, "Open connections of one user or device credential; more get CONNACK 3."),
  connectionsUnauthenticated: count(200, "Connections whose CONNECT is not accepted yet; more wait."),
  connectionsWaiting: count(
    1_000,
    "Connections that wait unread for their turn; more are closed.",
    [0, 100_000],
  ),
  unauthenticatedBytes: bytes(32 * MIB, "Bytes read from all connections before their CONNECT is accepted.", [
    KIB,
    1_024 * MIB,
  ]),
  connectsPerSecond: perSecond(500, "New connections in all; more wait for their turn."),
  connectsPerSecondPerAddress: perSecond(20, "New connections from one address; more are closed."),
  connectsPerSecondFromLoopback: perSecond(1_000, "New connections from this computer; more are closed."),
  takeoversPerClient: perMinute(
    15,
    "Takeovers and broken connections of one client id; beyond, it gets CONNACK 3 for the time of a ban.",
  ),
  protocolErrorsPerAddress: perMinute(
    50,
    "Violations of the protocol from one address; beyond, it is shut out for the time of a ban.",
  ),
  protocolErrorsFromLoopback: perMinute(
    2_500,
    "The same for this computer, with tools and proxies on it; 0 bears them all.",
    [0, 10_000],
  ),
  banMs: time(5 * MINUTE_MS, "How long a flapping client id or a violating address is refused."),
  connectMs: time(10 * SECOND_MS, "From the opened connection to its complete CONNECT; later it is closed."),
  drainMs: time(5 * SECOND_MS, "A client whose full buffer does not move for so long is cut off."),
  idleMs: time(DAY_MS, "Without keep-alive, a connection that is silent both ways for so long is closed.", [
    SECOND_MS,
    TIMER_MAX_MS,
  ]),
  packetBytesBeforeConnack: bytes(64 * KIB, "One packet before the CONNECT is accepted; larger ones close.", [
    64,
    MIB,
  ]),
  bytesBeforeConnack: bytes(256 * KIB, "All bytes of one connection before its CONNECT is accepted.", [
    64,
    16 * MIB,
  ]),
  packetBytes: bytes(MIB, "One packet of an accepted client; larger ones close the connection.", [
    64,
    256 * MIB,
  ]),
  packetsBehindConnect: count(1_000, "Packets sent behind a CONNECT without waiting for its answer."),
  clientIdBytes: count(128, "Bytes of a client id; longer ones get CONNACK 2.", [23, 65_535]),
  userNameBytes: count(256, "Bytes of a user name; longer ones get CONNACK 4.", [1, 65_535]),
  topicBytes: count(
    1_024,
    "Bytes of a topic or filter; a longer topic closes, a longer filter gets 0x80.",
    [1, 65_535],
  ),
  topicLevels: count(32, "Levels of a topic or filter.", [1, 100]),
  refusesControlCharacters: {
    unit: "choice",
    default: true,
    choices: [true, false],
    meaning: "Closes for control characters and Unicode non-characters in names, topics and filters.",
  } as ChoiceLimit<boolean>,
  subscriptionsPerClient: count(200, "Subscriptions of one client; more get 0x80."),
  filtersPerSubscribe: count(100, "Filters of one SUBSCRIBE; those beyond get 0x80."),
  messagesPerSecond: perSecond(10_000, "Messages and requests of one client; beyond, it is read later."),
  bytesPerSecond: bytesPerSecond(16 * MIB, "Bytes from one client; beyond, it is read later."),
  burstS: seconds(4, "How many seconds' worth of a rate may come at once."),
  inboundQos2: count(100, "QoS 2 messages of one publisher without their PUBREL; more close.", [1, 65_535]),
  inboundWaiting: count(1_000, "Messages of one client that wait for the disk; beyond, it is read later."),
  inboundWaitingBytes: bytes(MIB, "Bytes of one client that wait for the disk; beyond, it is read later."),
  sendWindow: count(64, "QoS 1 and 2 messages to one client that wait for its acknowledgement.", [1, 10_000]),
  // Each has a packet id of its own, and there are 65,535.
  queueMessages: count(
    1_000,
    "Messages that wait for one client; at the limit comes the queue policy.",
    [1, 50_000],
  ),
  queueBytes: bytes(8 * MIB, "Bytes that wait for one client; at the limit comes the queue policy.", [
    KIB,
    1_024 * MIB,
  ]),
  queuePolicy: {
    unit: "choice",
    default: "drop-oldest",
    choices: ["drop-oldest", "drop-newest", "disconnect"],
    meaning: "What happens when the queue of a client is full; by default the newest state matters most.",
  } as ChoiceLimit<QueuePolicy>,
  queueBytesTotal: bytes(256 * MIB, "Bytes in all queues together; beyond, the biggest one is trimmed.", [
    MIB,
    16_384 * MIB,
  ]),
  shareStrategy: {
    unit: "choice",
    default: "round-robin",
    choices: ["round-robin", "sticky"],
    meaning:
      "Who gets the next message of a shared subscription; sticky keeps each publisher with one member.",
  } as ChoiceLimit<ShareStrategy>,
  socketBufferBytes: bytes(MIB, "Unsent bytes of one connection; beyond, QoS 0 is dropped, the rest waits."),
  retainedTopics: count(
    100_000,
    "Topics with a retained message; a new one beyond is passed on, not kept.",
    [0, 10_000_000],
  ),
  retainedBytes: bytes(256 * MIB, "Bytes of all retained messages.", [KIB, 4_096 * MIB]),
  retainedTopicsPerUser: count(20_000, "Topics that one user keeps retained messages in.", [0, 10_000_000]),
  offlineSessions: count(5_000, "Kept sessions of clients that are away; the oldest goes for a newer one."),
  sessionExpiryMs: inUnit("ms", [MINUTE_MS, 365 * DAY_MS])(
    7 * DAY_MS,
    "A kept session that is not used for so long is removed.",
  ),
  willGraceMs: time(
    30 * SECOND_MS,
    "After a restart a client has so long to come back before its Last Will is published.",
    [0, DAY_MS],
  ),
  hops: count(16, "Publishes by flows along one chain of causes; further ones are dropped.", [1, 1_000]),
} as const satisfies Readonly<Record<string, LimitSpec>>;

/** All limits at their defaults. */
export const brokerLimits = Object.fromEntries(
  Object.entries<LimitSpec>(brokerLimitSpecs).map(([name, spec]) => [name, spec.default]),
) as BrokerLimits;
