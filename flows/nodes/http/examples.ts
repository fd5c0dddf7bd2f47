/** The promises of the node. */
export const examples = [
  {
    title: "The payload as JSON; the outbox delivers it",
    config: { url: "https://example.org/in" },
    steps: [
      {
        payload: { t: 21 },
        gives: [
          {
            do: "http",
            method: "POST",
            url: "https://example.org/in",
            headers: { "content-type": "application/json" },
            body: '{"t":21}',
            timeoutMs: 10_000,
            ask: false,
          },
          ["out", { t: 21 }],
        ],
      },
    ],
  },
  {
    title: "Values in the address are percent-encoded; a missing one is an error",
    config: { method: "GET", url: "https://example.org/rooms/{{payload.room}}?q={{payload.q}}" },
    steps: [
      {
        payload: { room: "a/b", q: "x&y=1" },
        gives: [
          { method: "GET", url: "https://example.org/rooms/a%2Fb?q=x%26y%3D1", headers: {} },
          ["out", { room: "a/b", q: "x&y=1" }],
        ],
      },
      { payload: { room: "a" }, gives: [["error", { room: "a" }]] },
    ],
  },
  {
    title: "A body is put together from values, so a quote in one cannot break it",
    config: {
      url: "https://example.org/in",
      body: "fields",
      fields: { text: "It is {{payload.t}}", raw: "{{payload}}" },
    },
    steps: [
      {
        payload: { t: 'a "hot" one' },
        gives: [
          { body: '{"text":"It is a \\"hot\\" one","raw":{"t":"a \\"hot\\" one"}}' },
          ["out", { t: 'a "hot" one' }],
        ],
      },
    ],
  },
  {
    title: "A text with a header of its own",
    config: {
      url: "https://ntfy.example.org/house",
      body: "text",
      text: "{{payload.t}} °C",
      headers: [{ name: "Title", value: "Too warm" }],
    },
    steps: [
      {
        payload: { t: 31 },
        gives: [
          { body: "31 °C", headers: { "content-type": "text/plain; charset=utf-8", title: "Too warm" } },
          ["out", { t: 31 }],
        ],
      },
      {
        payload: { t: "31" },
        gives: [{ body: "31 °C" }, ["out", { t: "31" }]],
      },
    ],
  },
  {
    title: "A line break cannot smuggle in another header",
    config: { url: "https://example.org/", headers: [{ name: "x-room", value: "{{payload}}" }] },
    steps: [{ payload: "hall\r\nx-admin: 1", gives: [["error", "hall\r\nx-admin: 1"]] }],
  },
  {
    title: "Asked, and no reply within the time limit",
    config: { method: "GET", url: "https://example.org/now", mode: "ask", timeout: "5s" },
    steps: [
      { atMs: 0, payload: 1, gives: [{ method: "GET", ask: true, timeoutMs: 5_000 }] },
      { atMs: 4_999, gives: [] },
      { atMs: 5_000, gives: [["error", 1]] },
    ],
  },
  {
    title: "Asked, and the hub restarted: the error says so",
    config: { method: "GET", url: "https://example.org/now", mode: "ask" },
    steps: [
      { atMs: 0, payload: 1, gives: [{ ask: true }] },
      { atMs: 1_000, down: true, gives: [] },
      { atMs: 60_000, gives: [["error", 1]] },
    ],
  },
] as const;
