import { expect, it } from "vitest";
import { createMemoryOutboxStore } from "./memoryOutboxStore.ts";
import { createOutbox } from "./outbox.ts";

const ROWS = 1_000;
/** A page of 256 for each 256 rows would do; this leaves room for looking twice and more. */
const READS_MAX = 10 * ROWS;

it("reads each of many publishes that wait for one topic a few times, not once for each of the others", async () => {
  const inner = createMemoryOutboxStore(() => 0);
  let reads = 0;
  const store = {
    ...inner,
    due(nowMs: number, max: number) {
      const rows = inner.due(nowMs, max);
      reads += rows.length;
      return rows;
    },
  };
  for (let row = 0; row < ROWS; row++)
    inner.add({ id: `r${row}`, kind: "publish", target: "broker", orderKey: "flow/topic", createdAt: 0 });
  const outbox = createOutbox({
    store,
    perform: async () => ({ outcome: "delivered" }),
    now: () => 0,
    schedule: () => () => {},
    random: () => 0,
    log: { warn() {}, error() {} },
  });
  await outbox.start();
  await expect.poll(() => outbox.counts().sent).toBe(ROWS);
  await outbox.stop();
  expect(reads - ROWS).toBeLessThan(READS_MAX);
});
