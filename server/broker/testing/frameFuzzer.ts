import { openExchange } from "./exchange.ts";
import { connectBytes, lengthBytes, number16, packetBytes, text } from "./packetBytes.ts";

/** How long to fuzz, and from where; the same seed makes the same bytes. */
export interface FuzzOrder {
  readonly port: number;
  readonly seed: number;
  /** @default no end */
  readonly connections?: number;
  /** @default no end */
  readonly durationMs?: number;
  /** Shown in each CONNECT, so that the broker lets it in. @default none */
  readonly login?: Login;
}

/** A user name and its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What a fuzz run did. */
export interface FuzzReport {
  readonly seed: number;
  connections: number;
  bytes: number;
  /** Connections the broker did not end in time after the client had. */
  hanging: number;
}

type Random = (below: number) => number;
type Mutation = (packets: Buffer[], random: Random) => void;

/** Connections at the same time. */
const LANES = 8;
const HANGING_AFTER_MS = 5_000;
const PACKETS_MAX = 12;
const MUTATIONS_MAX = 3;
const texts: readonly [string, ...string[]] = [
  "a",
  "b/c",
  "d/e/f",
  "+",
  "g/#",
  "#",
  "$SYS/x",
  "é/€",
  "\u{1f321}",
  "",
  "h\u0001",
  "i\0",
];

/** Sends broken and valid packets over many connections, until the order is filled. */
export async function fuzzBroker(order: FuzzOrder): Promise<FuzzReport> {
  const { port, seed, connections = Infinity, durationMs = Infinity, login } = order;
  const report: FuzzReport = { seed, connections: 0, bytes: 0, hanging: 0 };
  const random = createRandom(seed);
  const endMs = performance.now() + durationMs;
  async function connectOnce(): Promise<void> {
    report.connections++;
    const bytes = Buffer.concat(createConversation(random, login));
    report.bytes += bytes.length;
    if (!(await isEnded(port, inPieces(bytes, random)))) report.hanging++;
  }
  // Not a chain of promises: a run of hours would keep every link.
  const runLane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const goOn = (): void => {
        if (report.connections >= connections || performance.now() >= endMs) resolve();
        else connectOnce().then(goOn, reject);
      };
      goOn();
    });
  await Promise.all(Array.from({ length: LANES }, runLane));
  return report;
}

/** The packets of one connection, of which some are broken, doubled, mixed or lie about their length. */
function createConversation(random: Random, login: Login | undefined): Buffer[] {
  const packets = Array.from({ length: random(PACKETS_MAX) }, () => createPacket(random));
  if (random(10) > 0) packets.unshift(createConnect(random, login));
  for (let left = random(MUTATIONS_MAX + 1); left > 0; left--) pick(mutations, random)(packets, random);
  return packets;
}

/** Numbers that look random and come again with the same seed. */
function createRandom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function createConnect(random: Random, login: Login | undefined): Buffer {
  const hasWill = random(3) === 0;
  const will = hasWill ? [text(pick(texts, random)), someBytes(random)] : [];
  const isOld = random(5) === 0;
  const secret = login === undefined ? [] : [text(login.username), text(login.password)];
  return connectBytes({
    ...(isOld && { name: "MQIsdp", level: 3 }),
    flags: (hasWill ? 0x04 | (random(4) << 3) : 0) | (random(2) << 1) | (login === undefined ? 0 : 0xc0),
    keepAliveS: random(100),
    payload: [text(`fuzz-${random(200)}`), ...will, ...secret],
  });
}

function createPacket(random: Random): Buffer {
  const id = number16(random(8));
  const filters = Array.from({ length: random(4) }, () => text(pick(texts, random)));
  const qos = random(3);
  const makers: readonly [() => Buffer, ...(() => Buffer)[]] = [
    () =>
      packetBytes(
        0x30 | (qos << 1) | random(2),
        text(pick(texts, random)),
        ...(qos > 0 ? [id] : []),
        someBytes(random),
      ),
    () => packetBytes(pick([0x40, 0x50, 0x62, 0x70], random), id),
    () => packetBytes(0x82, id, ...filters.flatMap((filter) => [filter, random(3)])),
    () => packetBytes(0xa2, id, ...filters),
    () => packetBytes(0xc0),
    () => packetBytes(0xe0),
    () => packetBytes(random(256), someBytes(random)),
  ];
  // Most conversations shall not end at once.
  return (makers[random(random(3) === 0 ? makers.length : 5)] ?? makers[0])();
}

const mutations: readonly [Mutation, ...Mutation[]] = [
  function flipBits(packets, random) {
    const packet = pick(packets, random) ?? Buffer.alloc(0);
    for (let left = random(4); left >= 0; left--) {
      const at = random(packet.length);
      packet[at] = (packet[at] ?? 0) ^ (1 << random(8));
    }
  },
  function cut(packets, random) {
    replace(packets, random, (packet) => packet.subarray(0, random(packet.length + 1)));
  },
  function lieAboutLength(packets, random) {
    const lie = pick([0, 1, 2, random(300), random(70_000), 2 ** 28 - 1, 2 ** 28], random);
    replace(packets, random, (packet) =>
      Buffer.concat([packet.subarray(0, 1), lengthBytes(lie), packet.subarray(2)]),
    );
  },
  function splice(packets, random) {
    const other = pick(packets, random) ?? Buffer.alloc(0);
    replace(packets, random, (packet) => {
      const at = random(packet.length + 1);
      return Buffer.concat([
        packet.subarray(0, at),
        other.subarray(random(other.length + 1)),
        packet.subarray(at),
      ]);
    });
  },
  function repeat(packets, random) {
    const packet = pick(packets, random);
    if (packet !== undefined) packets.splice(random(packets.length + 1), 0, Buffer.from(packet));
  },
  function reorder(packets, random) {
    const [packet] = packets.splice(random(Math.max(1, packets.length)), 1);
    if (packet !== undefined) packets.splice(random(packets.length + 1), 0, packet);
  },
  function addNoise(packets, random) {
    packets.splice(random(packets.length + 1), 0, someBytes(random));
  },
];

function replace(packets: Buffer[], random: Random, change: (packet: Buffer) => Buffer): void {
  const at = random(Math.max(1, packets.length));
  const packet = packets[at];
  if (packet !== undefined) packets[at] = change(packet);
}

function someBytes(random: Random): Buffer {
  const length = random(random(10) === 0 ? 5_000 : 20);
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function pick<T>(items: readonly [T, ...T[]], random: Random): T;
function pick<T>(items: readonly T[], random: Random): T | undefined;
function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[random(items.length)];
}

function inPieces(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const size = pick([1, 5, 100, 70_000], random);
  for (let at = 0; at < bytes.length && pieces.length < 200;) {
    const to = pieces.length === 199 ? bytes.length : at + 1 + random(size);
    pieces.push(bytes.subarray(at, to));
    at = to;
  }
  return pieces;
}

/** Sends the pieces, ends the client's side, and waits for the broker to end its own. */
async function isEnded(port: number, pieces: readonly Buffer[]): Promise<boolean> {
  const { socket, send, closed } = openExchange(port);
  for (const piece of pieces) send(piece);
  socket.end();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), HANGING_AFTER_MS);
  });
  const isInTime = await Promise.race([closed.then(() => true), tooLate]);
  clearTimeout(timer);
  socket.destroy();
  return isInTime;
}
