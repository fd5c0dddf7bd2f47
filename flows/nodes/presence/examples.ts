const START_MS = Date.parse("2026-01-01T00:00:00Z");

const went = (device: string) => ({ type: "presence", device, event: "offline" }) as const;
const back = (device: string, outageMs: number) =>
  ({ type: "presence", device, event: "recovered", outageMs }) as const;

const offline = (device: string, atMs: number) => ({
  device,
  name: device,
  state: "offline",
  previous: "online",
  reason: "socket",
  since: START_MS + atMs,
  blinks: 0,
});
const recovered = (device: string, atMs: number, outage: number) => ({
  device,
  name: device,
  state: "online",
  previous: "offline",
  reason: "socket",
  since: START_MS + atMs,
  outage,
  blinks: 0,
});

/** The promises of the node. */
export const examples = [
  {
    title: "Offline and back, with the length of the outage",
    config: {},
    steps: [
      { atMs: 40_000, event: went("pump"), gives: [["offline", offline("pump", 40_000)]] },
      {
        atMs: 100_000,
        event: back("pump", 90_000),
        gives: [["recovered", recovered("pump", 100_000, 90_000)]],
      },
      { atMs: 110_000, event: { type: "presence", device: "pump", event: "flapping" }, gives: [] },
    ],
  },
  {
    title: "Only one device, and only when it goes",
    config: { device: "pump", events: ["offline"] },
    steps: [
      { atMs: 0, event: went("lamp"), gives: [] },
      { atMs: 0, event: went("pump"), gives: [["offline", offline("pump", 0)]] },
      { atMs: 9_000, event: back("pump", 9_000), gives: [] },
    ],
  },
  {
    title: "Back after a short outage is not worth a word",
    config: { device: ["pump", "lamp"], events: ["recovered"], minOutage: "5m" },
    steps: [
      { atMs: 0, event: back("pump", 299_999), gives: [] },
      { atMs: 0, event: back("lamp", 300_000), gives: [["recovered", recovered("lamp", 0, 300_000)]] },
    ],
  },
  {
    title: "Offline must last ten minutes; a shorter outage is told neither at its start nor at its end",
    config: { after: "10m" },
    steps: [
      { atMs: 0, event: went("pump"), gives: [] },
      { atMs: 599_000, event: back("pump", 599_000), gives: [] },
      { atMs: 2_000_000, gives: [] },
      { atMs: 2_000_000, event: went("pump"), gives: [] },
      { atMs: 2_600_000, gives: [["offline", offline("pump", 2_000_000)]] },
      { atMs: 3_000_000, event: back("pump", 1_000_000), gives: [] },
      { atMs: 3_600_000, gives: [["recovered", recovered("pump", 3_000_000, 1_000_000)]] },
    ],
  },
  {
    title: "A recovery that does not last leaves the outage as it was told",
    config: { after: "10m" },
    steps: [
      { atMs: 0, event: went("pump"), gives: [] },
      { atMs: 600_000, gives: [["offline", offline("pump", 0)]] },
      { atMs: 700_000, event: back("pump", 700_000), gives: [] },
      { atMs: 760_000, event: went("pump"), gives: [] },
      { atMs: 9_000_000, gives: [] },
    ],
  },
  {
    title: "Each lasting outage is told, also where the recovery is not asked for",
    config: { events: ["offline"], after: "10m" },
    steps: [
      { atMs: 0, event: went("pump"), gives: [] },
      { atMs: 600_000, gives: [["offline", offline("pump", 0)]] },
      { atMs: 700_000, event: back("pump", 700_000), gives: [] },
      { atMs: 800_000, event: went("pump"), gives: [] },
      { atMs: 1_400_000, gives: [["offline", offline("pump", 800_000)]] },
    ],
  },
  {
    title: "The hub was down meanwhile: the time is added, because nobody could reach it",
    config: { after: "10m" },
    steps: [
      { atMs: 0, event: went("pump"), gives: [] },
      { atMs: 60_000, down: true, gives: [] },
      { atMs: 360_000, gives: [] },
      { atMs: 899_999, gives: [] },
      { atMs: 900_000, gives: [["offline", offline("pump", 0)]] },
    ],
  },
  {
    title: "A gateway takes its children along: one message with a list",
    config: { summary: "30s" },
    steps: [
      { atMs: 0, event: went("a"), gives: [] },
      { atMs: 5_000, event: went("b"), gives: [] },
      { atMs: 6_000, event: back("c", 9_000), gives: [] },
      {
        atMs: 30_000,
        gives: [
          ["offline", { event: "offline", count: 2, devices: [offline("a", 0), offline("b", 5_000)] }],
          ["recovered", { event: "recovered", count: 1, devices: [recovered("c", 6_000, 9_000)] }],
        ],
      },
      { atMs: 90_000, gives: [] },
    ],
  },
] as const;
