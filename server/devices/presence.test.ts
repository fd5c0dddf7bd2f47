import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shownState, stepPresence, unknownPresence } from "./presence.ts";
import type { PresenceInput, PresenceRecord, PresenceSettings } from "./presenceTypes.ts";

describe("presence", () => {
  it("reports a loss after its grace, and the way back with an outage from the loss", () => {
    const device = play();
    device.at(0, up(1));
    device.at(10, down(1, "socket"));
    device.at(100, up(2));
    expect(device.told).toEqual(["@0 online", "@40 offline socket", "@100 recovered 90"]);
  });

  it("says that the first time is the first", () => {
    const device = play();
    device.at(0, up(1));
    expect(device.news[0]).toMatchObject({
      event: "online",
      first: true,
      previous: "unknown",
      state: "online",
    });
  });

  it("takes a quick clean reconnect for no outage", () => {
    const device = play();
    device.at(0, up(1));
    device.at(10, down(1, "disconnect"));
    device.at(12, up(2));
    device.until(1_000);
    expect(device.told).toEqual(["@0 online"]);
    expect(device.record()).toMatchObject({ state: "online", blinks: 1 });
  });

  it("lets a sleeper sleep, and reports it when it oversleeps", () => {
    const device = play({ onClean: "sleeping", intervalMs: 600_000 });
    device.at(0, up(1));
    device.at(5, down(1, "disconnect"));
    device.at(605, up(2));
    device.at(606, down(2, "disconnect"));
    device.until(10_000);
    expect(device.told).toEqual([
      "@0 online",
      "@5 sleeping disconnect",
      "@606 sleeping disconnect",
      "@2406 offline overslept",
    ]);
  });

  it("learns a sleeper from three short sessions of five that ended cleanly", () => {
    const device = play();
    for (const [index, start] of [0, 20, 40, 60].entries()) {
      device.at(start, up(index));
      device.at(start + 5, down(index, "disconnect"));
    }
    expect(device.told).toEqual(["@0 online", "@45 sleeping disconnect", "@65 sleeping disconnect"]);
  });

  it.each([
    ["grace", "@31 offline disconnect"],
    ["offline", "@1 offline disconnect"],
  ] as const)("takes a clean end as %s when told so", (onClean, told) => {
    const device = play({ onClean });
    device.at(0, up(1));
    device.at(1, down(1, "disconnect"));
    device.until(100);
    expect(device.told).toEqual(["@0 online", told]);
  });

  it("reports flapping once, then nothing, then that it is steady", () => {
    const device = play();
    device.at(-10, up(0));
    [0, 20, 40, 60, 80, 100].forEach((start, index) => {
      device.at(start, down(index, "socket"));
      device.at(start + 1, up(index + 1));
    });
    device.until(5_000);
    expect(device.told).toEqual(["@-10 online", "@101 flapping", "@701 steady"]);
    expect(device.news.at(-1)).toMatchObject({ state: "online", previous: "flapping", blinks: 6 });
  });

  it("is silent about a flapping device that goes offline, and tells where it ended", () => {
    const device = play();
    device.at(0, up(0));
    for (let index = 0; index < 6; index += 1) {
      device.at(10 + index * 10, down(index, "socket"));
      device.at(11 + index * 10, up(index + 1));
    }
    device.at(100, down(6, "keepalive"));
    device.until(729);
    expect(device.told).toEqual(["@0 online", "@61 flapping"]);
    device.until(10_000);
    expect(device.told.at(-1)).toBe("@730 steady keepalive");
    expect(device.record().state).toBe("offline");
    device.at(20_000, up(7));
    expect(device.told.at(-1)).toContain("@20000 recovered");
  });

  it("gives every device time after the hub was away, and leaves that time out of the outage", () => {
    const device = play();
    device.at(-100, up(1));
    device.at(300, { type: "hub-start", downMs: 300_000 });
    device.at(340, up(2));
    expect(device.told).toEqual(["@-100 online", "@330 offline hub-restart", "@340 recovered 40"]);
    expect(device.news.at(-1)).toMatchObject({ hubDownMs: 300_000 });
  });

  it("reports nothing of a device that is back in time after the hub was away", () => {
    const device = play();
    device.at(-100, up(1));
    device.at(300, { type: "hub-start", downMs: 300_000 });
    device.at(329, up(2));
    device.until(2_000);
    expect(device.told).toEqual(["@-100 online"]);
    expect(device.record()).toMatchObject({ state: "online", blinks: 0, moves: [] });
  });

  it("takes an orderly stop of the hub for no loss: it is no blink, and no step towards flapping", () => {
    const device = play();
    device.at(-100, up(1));
    device.at(0, down(1, "hub-restart"));
    expect(device.record()).toMatchObject({ state: "online", since: -100_000 });
    device.at(300, { type: "hub-start", downMs: 300_000 });
    device.at(329, up(2));
    device.until(2_000);
    expect(device.told).toEqual(["@-100 online"]);
    expect(device.record()).toMatchObject({ state: "online", blinks: 0, moves: [] });
  });

  it("leaves the hub's absence out of an outage that began before", () => {
    const device = play();
    device.at(0, up(1));
    device.at(10, down(1, "socket"));
    device.until(50);
    device.at(1_000, { type: "hub-start", downMs: 900_000 });
    device.at(1_010, up(2));
    expect(device.told.at(-1)).toBe("@1010 recovered 100");
  });

  it("does not see a takeover, in whichever order its news come", () => {
    for (const order of ["down first", "up first"]) {
      const device = play();
      device.at(0, up(1));
      const news = [down(1, "takeover"), up(2)];
      for (const input of order === "down first" ? news : news.toReversed()) device.at(10, input);
      device.until(1_000);
      expect(device.told).toEqual(["@0 online"]);
      expect(device.record()).toMatchObject({ state: "online", blinks: 0 });
    }
  });

  it("notices when the connection that took over never came", () => {
    const device = play();
    device.at(0, up(1));
    device.at(10, down(1, "takeover"));
    device.until(100);
    expect(device.told).toEqual(["@0 online", "@40 offline takeover"]);
  });

  it("ignores the end of an older connection", () => {
    const device = play();
    device.at(0, up(5));
    device.at(1, down(4, "socket"));
    device.at(2, up(3));
    device.until(100);
    expect(device.record().sessions).toMatchObject({ c: { epoch: 5 } });
    expect(device.told).toEqual(["@0 online"]);
  });

  it("does not believe the will of an older session: Online, connect, Offline, Online is nothing", () => {
    const device = play();
    device.at(0, up(1));
    device.at(0, { type: "availability", value: "online", own: true });
    device.at(10, up(2));
    device.at(10.02, { type: "availability", value: "offline" });
    device.at(10.03, { type: "availability", value: "online", own: true });
    device.until(1_000);
    expect(device.told).toEqual(["@0 online"]);
  });

  it("believes a live session that says it is going away", () => {
    const device = play();
    device.at(0, up(1));
    device.at(10, { type: "availability", value: "offline", own: true });
    device.at(11, { type: "activity" });
    device.until(100);
    expect(device.told).toEqual(["@0 online", "@40 offline topic"]);
  });

  it("follows an availability topic where there is no session", () => {
    const device = play();
    device.at(0, { type: "availability", value: "online" });
    device.at(10, { type: "availability", value: "offline" });
    device.at(20, { type: "activity" });
    device.at(100, { type: "availability", value: "online" });
    expect(device.told).toEqual(["@0 online", "@40 offline topic", "@100 recovered 90"]);
  });

  it("takes a retained availability for the state, not for news", () => {
    const device = play();
    device.at(0, { type: "availability", value: "offline", initial: true });
    expect(device.record()).toMatchObject({ state: "offline", reason: "topic" });
    expect(device.told).toEqual([]);
    device.at(60, { type: "availability", value: "online" });
    expect(device.told).toEqual(["@60 recovered 60"]);
  });

  it("forgets an availability topic that was withdrawn", () => {
    const device = play();
    device.at(0, { type: "availability", value: "offline" });
    device.at(1, { type: "availability", value: "withdrawn" });
    device.at(2, { type: "activity" });
    expect(device.record()).toMatchObject({ state: "online", topic: null });
  });

  it("lets a Homie device announce its sleep and wake with its state", () => {
    const device = play({ intervalMs: 600_000 });
    device.at(0, up(1));
    device.at(1, { type: "availability", value: "online", own: true });
    device.at(2, { type: "availability", value: "sleeping", own: true });
    device.at(2.1, { type: "activity" });
    device.at(2.2, down(1, "disconnect"));
    device.until(1_000);
    expect(device.told).toEqual(["@0 online", "@2 sleeping topic"]);
    device.at(1_001, up(2));
    expect(device.record().state).toBe("online");
  });

  it("calls a device silent after three intervals, when nothing else tells about it", () => {
    const device = play({ intervalMs: 10_000 });
    device.at(0, { type: "activity" });
    device.until(100);
    expect(device.told).toEqual(["@0 online", "@30 offline silent"]);
    device.at(130, { type: "activity" });
    expect(device.told.at(-1)).toBe("@130 recovered 130");
  });

  it("does not call a device silent that has a session or an availability topic", () => {
    const session = play({ intervalMs: 10_000 });
    session.at(0, up(1));
    session.until(1_000);
    const topic = play({ intervalMs: 10_000 });
    topic.at(0, { type: "availability", value: "online" });
    topic.until(1_000);
    expect([...session.told, ...topic.told]).toEqual(["@0 online", "@0 online"]);
  });

  it("blames the parent without a word, and lets the child show itself for a minute", () => {
    const child = play();
    child.at(0, { type: "availability", value: "online" });
    child.at(30, { type: "parent", online: false });
    expect(child.record()).toMatchObject({ state: "offline", reason: "parent" });
    child.at(100, { type: "parent", online: true });
    child.at(150, { type: "activity" });
    child.until(1_000);
    expect(child.told).toEqual(["@0 online"]);
    expect(child.record()).toMatchObject({ state: "online", blinks: 0, moves: [] });
  });

  it("reports a child that does not show itself after its parent came back", () => {
    const child = play();
    child.at(0, { type: "availability", value: "online" });
    child.at(30, { type: "parent", online: false });
    child.at(100, { type: "parent", online: true });
    child.until(1_000);
    expect(child.told).toEqual(["@0 online", "@160 offline parent"]);
  });

  it("leaves a child alone that was offline before its parent, or that has a session of its own", () => {
    const offline = play();
    offline.at(0, { type: "availability", value: "offline" });
    offline.at(30, { type: "parent", online: false });
    offline.at(60, { type: "parent", online: true });
    offline.until(500);
    expect(offline.record().reason).toBe("topic");
    const live = play();
    live.at(0, up(1));
    live.at(30, { type: "parent", online: false });
    expect(live.record().state).toBe("online");
  });

  it("lets go of a session that turned out to be a gateway's", () => {
    const device = play();
    device.at(0, up(1));
    device.at(1, { type: "unbind", clientId: "c" });
    device.at(2, down(1, "socket"));
    device.until(500);
    expect(device.told).toEqual(["@0 online"]);
  });

  it("counts silence from the moment it was online when it never spoke: its deadline used to move on for ever", () => {
    const device = play({ intervalMs: 20_000 });
    device.at(0, { type: "availability", value: "online" });
    device.at(5, { type: "availability", value: "withdrawn" });
    device.until(1_000);
    expect(device.record()).toMatchObject({ state: "offline", reason: "silent" });
  });

  it("keeps its promises for any inputs", () => {
    const input = fc.oneof(
      fc.record({ type: fc.constant("up" as const), clientId: fc.constantFrom("c", "d"), epoch: fc.nat(9) }),
      fc.record({
        type: fc.constant("down" as const),
        clientId: fc.constantFrom("c", "d"),
        epoch: fc.nat(9),
        cause: fc.constantFrom("disconnect", "socket", "takeover"),
      }),
      fc.record({
        type: fc.constant("availability" as const),
        value: fc.constantFrom("online", "offline", "sleeping", "withdrawn"),
        own: fc.boolean(),
        initial: fc.boolean(),
      }),
      fc.record({ type: fc.constant("activity" as const) }),
      fc.record({ type: fc.constant("parent" as const), online: fc.boolean() }),
      fc.record({ type: fc.constant("hub-start" as const), downMs: fc.nat(1e6) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(120), input), { maxLength: 60 }), (inputs) => {
        const device = play({ intervalMs: 20_000 });
        let second = 0;
        for (const [wait, each] of inputs) device.at((second += wait), each);
        device.until(second + 200_000);
        const { state, steadyAt } = device.record();
        // Nothing stays half decided, and each offline that was told has at most one way back.
        expect(["unknown", "online", "offline"]).toContain(state);
        expect(steadyAt).toBeNull();
        for (const { outageMs = 0 } of device.news) expect(outageMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

function up(epoch: number): PresenceInput {
  return { type: "up", clientId: "c", epoch };
}

function down(epoch: number, cause: string): PresenceInput {
  return { type: "down", clientId: "c", epoch, cause };
}

/** Plays inputs at seconds and calls at every deadline between them. */
function play(given: Partial<PresenceSettings> = {}) {
  const settings: PresenceSettings = { graceMs: 30_000, onClean: "auto", ...given };
  let record: PresenceRecord = unknownPresence;
  let deadline: number | null = null;
  let lastSeenAt: number | undefined;
  const told: string[] = [];
  const news: ReturnType<typeof stepPresence>["events"][number][] = [];
  const step = (nowMs: number, input: PresenceInput) => {
    if (input.type === "activity") lastSeenAt = nowMs;
    const stepped = stepPresence(record, input, { ...settings, nowMs, lastSeenAt });
    // The record survives a restart as JSON.
    record = JSON.parse(JSON.stringify(stepped.record));
    deadline = stepped.deadline;
    for (const each of stepped.events) {
      news.push(each);
      const outage = each.outageMs === undefined ? each.reason : String(each.outageMs / 1_000);
      told.push(`@${nowMs / 1_000} ${each.event} ${outage}`.trim());
    }
  };
  const isDue = (second: number) => deadline !== null && deadline <= second * 1_000;
  const until = (second: number) => {
    for (let turns = 0; isDue(second); turns += 1) {
      if (turns > 1_000) throw new Error(`The deadline never ends: ${shownState(record)}`);
      step(deadline ?? 0, { type: "timer" });
    }
  };
  const at = (second: number, input: PresenceInput) => {
    until(second);
    step(second * 1_000, input);
  };
  return { at, until, told, news, record: () => record };
}
