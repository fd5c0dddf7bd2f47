import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compileFlow } from "../../engine/program.ts";
import { type Run } from "../../engine/run.ts";
import { createMessage } from "../../message.ts";
import { createVirtualHub } from "../../testing/virtualHub.ts";
import { threshold } from "./index.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");

function play(config: Record<string, unknown>) {
  const document = {
    millrace: 1,
    id: "flow",
    name: "Flow",
    nodes: { node: { type: "threshold", config } },
    wires: [],
  };
  const { program, problems } = compileFlow(document, [threshold]);
  if (program === undefined) throw new Error(problems[0]?.message);
  const runs: Run[] = [];
  const hub = createVirtualHub({ program, startMs: START_MS, zone: "UTC", onRun: (run) => runs.push(run) });
  return {
    hub,
    at: (atMs: number, payload?: unknown, initial = false) => {
      hub.advanceTo(START_MS + atMs);
      if (payload === undefined) return;
      hub.hand("node", "in", createMessage({ topic: "t", payload, seenAt: hub.now(), id: "m", initial }));
    },
    out: () => runs.flatMap(({ steps }) => steps.flatMap((step) => step.out)),
    why: () => runs.at(-1)?.steps.at(-1)?.why?.(),
  };
}

/** The settings that are refused, as paths below the configuration. */
function check(levels: readonly object[], side = "above"): string[] {
  const document = {
    millrace: 1,
    id: "flow",
    name: "Flow",
    nodes: { node: { type: "threshold", config: { levels, side } } },
    wires: [],
  };
  return compileFlow(document, [threshold])
    .problems.filter(({ severity }) => severity === "error")
    .map(({ path }) => path.replace("/nodes/node/config/", ""));
}

test("the finding names severity, previous one, value and limit", () => {
  const { at, out } = play({
    levels: [
      { severity: "warning", set: 30 },
      { severity: "critical", set: 40 },
    ],
  });
  at(0, 45);
  at(1, "35");
  at(2, 1);
  expect(out().map(({ message }) => message.facts["threshold"])).toEqual([
    { severity: "critical", previous: "none", value: 45, set: 40 },
    { severity: "warning", previous: "critical", value: 35, set: 30 },
    { severity: "none", previous: "warning", value: 1, set: 30 },
  ]);
});

test("a late firing says by how much, and whether nobody confirmed it", () => {
  const confirmed = play({ levels: [{ severity: "warning", set: 30, for: "60s" }] });
  confirmed.at(0, 31);
  confirmed.at(50_000);
  confirmed.hub.restart(START_MS + 70_000);
  confirmed.at(75_000, 31);
  expect(confirmed.out()[0]?.message.facts["late"]).toEqual({ dueAt: START_MS + 60_000, by: 15_000 });

  const alone = play({ levels: [{ severity: "warning", set: 30, for: "60s" }] });
  alone.at(0, 31);
  alone.hub.restart(START_MS + 70_000);
  alone.at(300_000);
  expect(alone.out()[0]?.message.facts["late"]).toMatchObject({ by: 130_000, unverified: true });
});

test("a message without the value does not confirm an overdue time", () => {
  const { at, hub, out } = play({
    value: { var: "payload.t" },
    levels: [{ severity: "warning", set: 30, for: "60s" }],
  });
  at(0, { t: 31 });
  hub.restart(START_MS + 70_000);
  at(75_000, {});
  expect(out()).toEqual([]);
  at(80_000, { t: 31 });
  expect(out()).toHaveLength(1);
});

test("the explanation tells how long the value held and what broke it", () => {
  const { at, why } = play({ levels: [{ severity: "warning", set: 8, for: "5m" }] });
  at(0, 8.4);
  expect(why()).toBe("8.4 is above 8; raise warning when that has held for 5:00.");
  at(10_000, 8.5);
  expect(why()).toBe("8.5 is above 8; held 0:10 of 5:00 for raise warning.");
  at(252_000, 7.9);
  expect(why()).toBe("Raise warning held 4:12 of 5:00; broke because 7.9 is not above 8.");
  at(253_000, "warm");
  expect(why()).toBe('"warm" is no number: ignored.');
});

test("limits in the wrong order are refused when the flow is saved", () => {
  const warning = { severity: "warning", set: 30 };
  expect(check([{ ...warning, clear: 31 }])).toEqual(["levels/0/clear"]);
  expect(check([{ ...warning, clear: 29 }], "below")).toEqual(["levels/0/clear"]);
  expect(
    check([
      { severity: "critical", set: 30 },
      { severity: "warning", set: 40 },
    ]),
  ).toEqual(["levels/0/set", "levels/0/clear"]);
  expect(check([warning, { severity: "warning", set: 40 }])).toEqual(["levels/1/severity"]);
  expect(
    check([
      { ...warning, clear: 28 },
      { severity: "critical", set: 40, clear: 35 },
    ]),
  ).toEqual([]);
});

test("with and without a restart in between, the same values give the same output", () => {
  const sample = fc.record({
    gapMs: fc.integer({ min: 1, max: 40_000 }),
    value: fc.integer({ min: 25, max: 45 }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 30 }), fc.nat(30), (samples, restartAt) => {
      const config = {
        levels: [
          { severity: "warning", set: 30, clear: 28, for: "60s", clearFor: "10s" },
          { severity: "critical", set: 40, for: "20s" },
        ],
      };
      const [plain, restarted] = [play(config), play(config)];
      let atMs = 0;
      samples.forEach(({ gapMs, value }, index) => {
        atMs += gapMs;
        plain.at(atMs, value);
        restarted.at(atMs, value);
        if (index === restartAt) restarted.hub.restart(START_MS + atMs);
      });
      plain.at(atMs + 600_000);
      restarted.at(atMs + 600_000);
      const shown = (out: ReturnType<typeof plain.out>) =>
        out.map(({ port, message }) => [port, message.payload, message.facts["threshold"]]);
      expect(shown(restarted.out())).toEqual(shown(plain.out()));
    }),
  );
});

test("it agrees with a plain reading of the rule for one level", () => {
  const sample = fc.record({
    gapMs: fc.integer({ min: 1, max: 40_000 }),
    value: fc.integer({ min: 25, max: 34 }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
      const { at, out } = play({
        silence: "holds",
        levels: [{ severity: "warning", set: 30, clear: 28, for: "60s", clearFor: "10s" }],
      });
      let atMs = 0;
      const timed = samples.map(({ gapMs, value }) => ({ atMs: (atMs += gapMs), value }));
      for (const { atMs: when, value } of timed) at(when, value);
      at(atMs + 600_000);
      expect(out().map(({ port }) => port)).toEqual(plainReading(timed, atMs + 600_000));
    }),
  );
});

/** Looks at every millisecond boundary that matters: after each sample, was the value beyond long enough? */
function plainReading(samples: readonly { atMs: number; value: number }[], untilMs: number): string[] {
  const ports: string[] = [];
  let isRaised = false;
  let beganAt: number | undefined;
  samples.forEach(({ atMs, value }, index) => {
    const isMoving = isRaised ? value < 28 : value > 30;
    beganAt = isMoving ? (beganAt ?? atMs) : undefined;
    const nextAt = samples[index + 1]?.atMs ?? untilMs;
    if (beganAt === undefined || beganAt + (isRaised ? 10_000 : 60_000) > nextAt) return;
    isRaised = !isRaised;
    beganAt = undefined;
    ports.push(isRaised ? "raise" : "clear");
  });
  return ports;
}
