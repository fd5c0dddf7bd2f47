/** The promises of the node. */
export const examples = [
  {
    title: "One run for each message, even where several filters match",
    config: { filters: ["a/+", "a/b"] },
    steps: [
      { event: { type: "topic", topic: "a/b", payload: 1 }, gives: [["out", 1]] },
      { event: { type: "topic", topic: "a/c", payload: "ON" }, gives: [["out", "ON"]] },
      { event: { type: "topic", topic: "b/b", payload: 1 }, gives: [] },
    ],
  },
  {
    title: "Payloads are what they look like; nan and unavailable are no value",
    config: { filters: ["#"] },
    steps: [
      { event: { type: "topic", topic: "t", payload: '{"t": 21.5}' }, gives: [["out", { t: 21.5 }]] },
      { event: { type: "topic", topic: "t", payload: "21.5" }, gives: [["out", 21.5]] },
      { event: { type: "topic", topic: "t", payload: "007" }, gives: [["out", "007"]] },
      { event: { type: "topic", topic: "t", payload: "True" }, gives: [["out", true]] },
      { event: { type: "topic", topic: "t", payload: "nan" }, gives: [["out", undefined]] },
      { event: { type: "topic", topic: "t", payload: "unavailable" }, gives: [["out", undefined]] },
      { event: { type: "topic", topic: "t", payload: "" }, gives: [["out", undefined]] },
    ],
  },
  {
    title: "Half a message leaves at error with its text",
    config: { filters: ["#"] },
    steps: [{ event: { type: "topic", topic: "t", payload: '{"t": 21' }, gives: [["error", '{"t": 21']] }],
  },
  {
    title: "A trigger for numbers refuses everything else",
    config: { filters: ["meter/+"], decode: "number" },
    steps: [
      { event: { type: "topic", topic: "meter/1", payload: "21.5" }, gives: [["out", 21.5]] },
      { event: { type: "topic", topic: "meter/1", payload: "21." }, gives: [["error", "21."]] },
    ],
  },
  {
    title: "Wildcards do not hear topics that begin with $",
    config: { filters: ["#", "+/uptime"] },
    steps: [{ event: { type: "topic", topic: "$SYS/uptime", payload: 5 }, gives: [] }],
  },
  {
    title: "Retained values at the start can be left alone",
    config: { filters: ["a"], onInitial: "ignore" },
    steps: [
      { event: { type: "topic", topic: "a", payload: 1, initial: true }, gives: [] },
      { event: { type: "topic", topic: "a", payload: 1 }, gives: [["out", 1]] },
    ],
  },
  {
    title: "An empty retained message deletes the value of its topic; it is no reading",
    config: { filters: ["a"] },
    steps: [{ event: { type: "topic", topic: "a", payload: "", initial: true }, gives: [] }],
  },
] as const;
