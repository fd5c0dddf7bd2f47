import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAgenda } from "./agenda.ts";
import type { Timer } from "./state.ts";

describe("an agenda", () => {
  test("fires by time, then node, then key", () => {
    const agenda = createAgenda();
    const timers = [timer("b", "x", 5), timer("a", "y", 5), timer("a", "x", 5), timer("z", "x", 4)];
    for (const one of timers) agenda.add(one);
    expect(drain(agenda, 10)).toEqual(["z/x", "a/x", "a/y", "b/x"]);
  });

  test("gives out nothing before its time", () => {
    const agenda = createAgenda();
    agenda.add(timer("a", "x", 5));
    expect(agenda.takeDue(4)).toBeUndefined();
    expect(agenda.nextAt()).toBe(5);
    expect(agenda.takeDue(5)?.node).toBe("a");
    expect(agenda.nextAt()).toBe(Infinity);
  });

  test("fires the same as a list that is sorted each time, whatever is armed, moved and cancelled", () => {
    const action = fc.record({
      what: fc.constantFrom("arm", "cancel", "time"),
      who: fc.integer({ min: 0, max: 5 }),
      in: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const agenda = createAgenda();
        const timers = Array.from({ length: 6 }, (_, index) => timer(`n${index}`, "k", Infinity));
        let nowMs = 0;
        for (const { what, who, in: delay } of actions) {
          const one = timers[who]!;
          if (what === "cancel") one.dueAt = Infinity;
          if (what === "arm") {
            one.dueAt = nowMs + delay;
            agenda.add(one);
          }
          if (what !== "time") continue;
          nowMs += delay;
          const expected = timers
            .filter(({ dueAt }) => dueAt <= nowMs)
            .toSorted((a, b) => a.dueAt - b.dueAt || (a.node < b.node ? -1 : 1))
            .map(({ node, key }) => `${node}/${key}`);
          expect(drain(agenda, nowMs)).toEqual(expected);
        }
      }),
    );
  });

  test("a timer that is moved a million times stays one entry", () => {
    const agenda = createAgenda();
    const one = timer("a", "x", 0);
    for (let at = 1; at <= 1_000_000; at++) {
      one.dueAt = at;
      agenda.add(one);
    }
    expect(drain(agenda, 999_999)).toEqual([]);
    expect(drain(agenda, 1_000_000)).toEqual(["a/x"]);
  });
});

function timer(node: string, key: string, dueAt: number): Timer {
  return {
    flow: "f",
    node,
    key,
    name: "t",
    dueAt,
    armedAt: 0,
    cause: "e",
    hops: 0,
    verifyBy: undefined,
    isOverdue: false,
  };
}

/** Takes all that is due, as the host does: what fired is armed no more. */
function drain(agenda: ReturnType<typeof createAgenda>, nowMs: number): string[] {
  const fired: string[] = [];
  for (let next = agenda.takeDue(nowMs); next !== undefined; next = agenda.takeDue(nowMs)) {
    next.dueAt = Infinity;
    fired.push(`${next.node}/${next.key}`);
  }
  return fired;
}
