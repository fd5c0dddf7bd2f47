import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { removeFolder } from "../hub/hubProcess.ts";
import { median } from "./measure.ts";
import { connect, packetType, subscribe } from "./rawClient.ts";
import type { IsMet } from "./report.ts";
import { startHubTarget, type HubTarget } from "./targets.ts";

/** What a hub finds when it starts. */
interface Contents {
  readonly retained: number;
  /** Messages that wait for clients, a thousand for each. */
  readonly queued: number;
}

const FEW = 1_000;
const MANY = 100_000;
const LOOKUPS = 50;
const LOOKUP_ROUNDS = 31;
const LOOKUP_MS_MAX = 5;
const REPLAYED = 20_000;
const BLOCK_MS_MAX = 50;
const START_MS_MAX = 2_000;
const QUEUED_PER_CLIENT = 1_000;
const PAYLOAD = Buffer.alloc(64, "x");

/** Exact subscribes among few and many retained messages, and how long a replay of many keeps the others waiting. */
export async function retainedLookup(isMet: IsMet): Promise<void> {
  console.log(`${LOOKUPS} exact subscribes`);
  for (const retained of [FEW, MANY])
    await withHub({ retained, queued: 0 }, async (hub) => {
      const ms: number[] = [];
      for (let round = 0; round < LOOKUP_ROUNDS; round++) ms.push(await lookUp(hub, round));
      const met = isMet(`${LOOKUPS} look-ups over ${retained}, ms`, median(ms), LOOKUP_MS_MAX);
      console.log(`  over ${retained} retained: ${median(ms).toFixed(1)} ms in all  ${met}`);
      if (retained < REPLAYED) return;
      await hub.probe();
      const seconds = await replay(hub);
      const block = (await hub.probe())?.longestBlockMs ?? Number.NaN;
      console.log(
        `  replay of ${REPLAYED} by a wildcard: ${seconds.toFixed(2)} s, longest block ${block.toFixed(0)} ms  ` +
          `${isMet("block of a replay, ms", block, BLOCK_MS_MAX, "guide")}\n`,
      );
    });
}

/** From the start of the process to its ready line, with much to take up. */
export async function startTime(isMet: IsMet): Promise<void> {
  await withHub({ retained: 50_000, queued: 50_000 }, async ({ hub }) => {
    const met = isMet("start with 100,000 kept messages, ms", hub.readyMs, START_MS_MAX);
    console.log(
      `start with 50,000 retained and 50,000 queued messages: ${Math.round(hub.readyMs)} ms  ${met}\n`,
    );
  });
}

/** A hub of a first start makes the database; the rows are put in between, much faster than over the wire. */
async function withHub(contents: Contents, use: (hub: HubTarget) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const first = await startHubTarget(folder);
    await first.stop();
    fill(join(folder, "hub.db"), contents, first.place.username ?? "");
    const second = await startHubTarget(folder);
    try {
      await use(second);
    } finally {
      await second.stop();
    }
  } finally {
    removeFolder(folder);
  }
}

function fill(path: string, { retained, queued }: Contents, user: string): void {
  const database = new Database(path);
  const retain = database.prepare("INSERT INTO mqttRetained VALUES (?, ?, 1, NULL, 0)");
  const open = database.prepare("INSERT INTO mqttSessions VALUES (?, ?, ?, 0)");
  const listen = database.prepare("INSERT INTO mqttSubscriptions VALUES (?, 'big/#', 1)");
  const queue = database.prepare("INSERT INTO mqttQueue VALUES (NULL, ?, ?, 'big/queued', ?, 1, 0, 0)");
  database.transaction(() => {
    for (let n = 0; n < retained; n++) retain.run(retainedTopic(n), PAYLOAD);
    for (let n = 0; n < queued; n++) {
      const clientId = `away-${Math.floor(n / QUEUED_PER_CLIENT)}`;
      const packetId = (n % QUEUED_PER_CLIENT) + 1;
      if (packetId === 1) {
        open.run(clientId, user, Date.now());
        listen.run(clientId);
      }
      queue.run(clientId, packetId, PAYLOAD);
    }
  })();
  database.close();
}

/** The first ones can be asked for with one wildcard. */
function retainedTopic(n: number): string {
  return `${n < REPLAYED ? "replayed" : "other"}/room-${n % 100}/device-${n}/state`;
}

async function lookUp({ place }: HubTarget, round: number): Promise<number> {
  let got = 0;
  let onAll = () => {};
  const socket = await connect({
    ...place,
    clientId: `look-${round}`,
    onFrame(header) {
      if ((header & 0xf0) === packetType.PUBLISH && ++got === LOOKUPS) onAll();
    },
  });
  const filters = Array.from({ length: LOOKUPS }, (_, n) => retainedTopic((round * LOOKUPS + n) % FEW));
  const all = new Promise<void>((resolve) => (onAll = resolve));
  const before = performance.now();
  await Promise.all([subscribe(socket, filters), all]);
  const ms = performance.now() - before;
  socket.destroy();
  return ms;
}

async function replay({ place }: HubTarget): Promise<number> {
  let got = 0;
  let onAll = () => {};
  const socket = await connect({
    ...place,
    clientId: "replay",
    onFrame(header) {
      if ((header & 0xf0) === packetType.PUBLISH && ++got === REPLAYED) onAll();
    },
  });
  const all = new Promise<void>((resolve) => (onAll = resolve));
  const before = performance.now();
  await Promise.all([subscribe(socket, ["replayed/#"]), all]);
  const seconds = (performance.now() - before) / 1_000;
  socket.destroy();
  return seconds;
}
