/** The promises of the node. */
export const examples = [
  {
    title: "A change of half a degree passes",
    config: { by: 0.5 },
    steps: [
      { payload: 20.0, gives: [["out", 20]] },
      { payload: 20.3, gives: [] },
      { payload: 20.5, gives: [["out", 20.5]] },
      { payload: 20.9, gives: [] },
      { payload: 21.0, gives: [["out", 21]] },
    ],
  },
  {
    title: "A slow drift cannot escape: the comparison is with the value sent on last",
    config: { by: 0.5 },
    steps: [
      { payload: 20, gives: [["out", 20]] },
      { payload: 20.4, gives: [] },
      { payload: 20.8, gives: [["out", 20.8]] },
      { payload: 21.2, gives: [] },
      { payload: 21.6, gives: [["out", 21.6]] },
    ],
  },
  {
    title: "From 0.2 to 0.3 counts as 0.1",
    config: { by: 0.1 },
    steps: [
      { payload: 0.2, gives: [["out", 0.2]] },
      { payload: 0.3, gives: [["out", 0.3]] },
    ],
  },
  {
    title: "Any difference, also inside an object; the order of its keys does not matter",
    config: {},
    steps: [
      { payload: { a: 1, b: [2] }, gives: [["out", { a: 1, b: [2] }]] },
      { payload: { b: [2], a: 1 }, gives: [] },
      { payload: { a: 1, b: [3] }, gives: [["out", { a: 1, b: [3] }]] },
    ],
  },
  {
    title: "Ten percent; after 0 every difference counts",
    config: { by: 10, unit: "percent" },
    steps: [
      { payload: 100, gives: [["out", 100]] },
      { payload: 109, gives: [] },
      { payload: 110, gives: [["out", 110]] },
      { payload: 0, gives: [["out", 0]] },
      { payload: 0.001, gives: [["out", 0.001]] },
    ],
  },
  {
    title: "The first value can be remembered quietly",
    config: { first: "quiet" },
    steps: [
      { payload: "ON", gives: [] },
      { payload: "ON", gives: [] },
      { payload: "OFF", gives: [["out", "OFF"]] },
    ],
  },
  {
    title: "A missing value or one that is no number changes nothing",
    config: { value: { var: "payload.t" }, by: 1 },
    steps: [
      { payload: { t: 20 }, gives: [["out", { t: 20 }]] },
      { payload: {}, gives: [] },
      { payload: { t: "warm" }, gives: [] },
      { payload: { t: "21" }, gives: [["out", { t: "21" }]] },
    ],
  },
  {
    title: "A retained value read at the start is the level, not a change",
    config: {},
    steps: [
      { payload: 20, initial: true, gives: [] },
      { payload: 20, gives: [] },
      { payload: 21, gives: [["out", 21]] },
    ],
  },
  {
    title: "The heartbeat repeats the last value after a minute of quiet",
    config: { heartbeat: "60s" },
    steps: [
      { atMs: 0, payload: 20, gives: [["out", 20]] },
      { atMs: 40_000, payload: 20, gives: [] },
      { atMs: 60_000, gives: [["out", 20]] },
      { atMs: 90_000, payload: 21, gives: [["out", 21]] },
      { atMs: 149_999, gives: [] },
      { atMs: 150_000, gives: [["out", 21]] },
    ],
  },
  {
    title: "Each topic has a value of its own",
    config: {},
    steps: [
      { topic: "a/t", payload: 20, gives: [["out", 20]] },
      { topic: "b/t", payload: 20, gives: [["out", 20]] },
      { topic: "a/t", payload: 20, gives: [] },
    ],
  },
  {
    title: "After a stored value the heartbeat begins with the first live one",
    config: { heartbeat: "60s" },
    steps: [
      { atMs: 0, payload: 20, initial: true, gives: [] },
      { atMs: 300_000, payload: 20, gives: [] },
      { atMs: 359_999, gives: [] },
      { atMs: 360_000, gives: [["out", 20]] },
    ],
  },
  {
    title: "A first value that is no number is none, where a size is asked for",
    config: { by: 1 },
    steps: [
      { payload: "warm", gives: [] },
      { payload: 20, gives: [["out", 20]] },
    ],
  },
] as const;
