import { expect, test } from "vitest";
import { compileFlow } from "../../engine/program.ts";
import type { Run } from "../../engine/run.ts";
import { createMessage } from "../../message.ts";
import type { EffectResult } from "../../node.ts";
import { createVirtualHub } from "../../testing/virtualHub.ts";
import { http } from "./index.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");

function play() {
  const config = { method: "GET", url: "https://example.org/{{payload}}", mode: "ask" };
  const { program, problems } = compileFlow(
    { millrace: 1, id: "flow", name: "Flow", nodes: { ask: { type: "http", config } }, wires: [] },
    [http],
  );
  if (program === undefined) throw new Error(problems[0]?.message);
  const runs: Run[] = [];
  const hub = createVirtualHub({ program, startMs: START_MS, zone: "UTC", onRun: (run) => runs.push(run) });
  return {
    hub,
    ask: (payload: unknown) =>
      hub.hand("ask", "in", createMessage({ topic: "t", payload, seenAt: hub.now(), id: "m" })),
    reply(result: EffectResult) {
      const asked = runs.flatMap((run) => run.effects).find(({ id }) => id === result.effect)?.effect;
      hub.result("ask", "t", {
        ...result,
        ...(asked?.do === "http" && asked.ref !== undefined && { ref: asked.ref }),
      });
    },
    effects: () => runs.flatMap((run) => run.effects.map(({ id }) => id)),
    out: () => runs.flatMap(({ steps }) => steps.flatMap((step) => step.out)),
    why: () => runs.at(-1)?.steps.at(-1)?.why?.(),
  };
}

/** What is reported about some settings, as paths below them. */
function problemsOf(config: Record<string, unknown>): string[] {
  const document = {
    millrace: 1,
    id: "flow",
    name: "Flow",
    nodes: { ask: { type: "http", config } },
    wires: [],
  };
  return compileFlow(document, [http])
    .problems.filter(({ path }) => path.includes("/config/"))
    .map(({ severity, path }) => `${severity} ${path.replace("/nodes/ask/config/", "")}`);
}

test("each reply goes on with the message that asked for it, whatever the order", () => {
  const { ask, reply, effects, out } = play();
  ask("a");
  ask("b");
  const [first = "", second = ""] = effects();
  reply({ effect: second, ok: true, status: 200, body: { b: 2 } });
  reply({ effect: first, ok: true, status: 200, body: "A" });
  expect(out().map(({ port, message }) => [port, message.payload])).toEqual([
    ["reply", { status: 200, body: { b: 2 } }],
    ["reply", { status: 200, body: "A" }],
  ]);
});

test("a failed request leaves at error with the reason and the answer", () => {
  const { ask, reply, effects, out } = play();
  ask("a");
  reply({ effect: effects()[0]!, ok: false, status: 404, body: "no such room" });
  expect(out()).toMatchObject([
    {
      port: "error",
      message: {
        payload: "a",
        facts: {
          http: { status: 404, body: "no such room" },
          error: { code: "effect.failed", message: "The request failed: the answer was status 404." },
        },
      },
    },
  ]);
});

test("a reply after the time limit changes nothing", () => {
  const { hub, ask, reply, effects, out, why } = play();
  ask("a");
  hub.advanceTo(START_MS + 10_000);
  ask("b");
  reply({ effect: effects()[0]!, ok: true, status: 200, body: "late" });
  expect(out().map(({ port }) => port)).toEqual(["error"]);
  expect(why()).toBe("A late reply: nobody waits for it any more.");
});

test("a reply cancels the time limit", () => {
  const { hub, ask, reply, effects, out } = play();
  ask("a");
  reply({ effect: effects()[0]!, ok: true, status: 200 });
  hub.advanceTo(START_MS + 60_000);
  expect(out()).toHaveLength(1);
});

test("an address without scheme or with a computed host, and headers of the hub, are refused", () => {
  expect(problemsOf({ url: "example.org" })).toEqual(["error url"]);
  expect(problemsOf({ url: "https://{{payload.host}}/x" })).toEqual(["error url"]);
  expect(problemsOf({ url: "https://user@host/x" })).toEqual(["error url"]);
  expect(problemsOf({ url: "http://[::1]:8080/x?{{payload.q}}" })).toEqual([]);
  const headers = [
    { name: "Host", value: "c" },
    { name: "a b", value: "" },
  ];
  expect(problemsOf({ url: "https://b/", headers })).toEqual([
    "error headers/0/name",
    "error headers/1/name",
  ]);
});

test("JSON pasted together from a template is advised against", () => {
  const text = '{"t": "{{payload.t}}"}';
  expect(problemsOf({ url: "https://b/", body: "text", text })).toEqual(["warning text"]);
  expect(problemsOf({ url: "https://b/", body: "fields" })).toEqual(["error fields"]);
});
