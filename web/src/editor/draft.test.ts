import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import { type DraftState, SAVE_AFTER_MS, createDraft } from "./draft.ts";

const flow = (name: string): FlowDocument => ({ millrace: 1, id: "f", name, nodes: {}, wires: [] });

function setUp(answer: (document: FlowDocument, revision: number) => number = (_, revision) => revision + 1) {
  const saved: string[] = [];
  const states: DraftState[] = [];
  const draft = createDraft({
    revision: 1,
    save: async (document, revision) => {
      saved.push(`${document.name}@${revision}`);
      return answer(document, revision);
    },
    isConflict: (error) => error === "stale",
    isFinal: (error) => error === "refused",
    onState: (state) => states.push(state),
  });
  return { draft, saved, states };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("quick edits are saved once, half a second after the last", async () => {
  const { draft, saved } = setUp();
  draft.schedule(flow("a"));
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 1);
  draft.schedule(flow("b"));
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 1);
  expect(saved).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(saved).toEqual(["b@1"]);
});

test("a flush saves at once, and each save builds on the one before", async () => {
  const { draft, saved } = setUp();
  draft.schedule(flow("a"));
  await draft.flush();
  draft.schedule(flow("b"));
  await draft.flush();
  expect(saved).toEqual(["a@1", "b@2"]);
  expect(draft.revision()).toBe(3);
});

describe("when saving fails", () => {
  test("it is tried again, with the newest document", async () => {
    let broken = true;
    const { draft, saved, states } = setUp((_, revision) => {
      if (broken) throw new Error("no network");
      return revision + 1;
    });
    draft.schedule(flow("a"));
    await draft.flush();
    expect(states.at(-1)).toBe("failed");
    broken = false;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(saved).toEqual(["a@1", "a@1"]);
    expect(states.at(-1)).toBe("saved");
  });

  test("a conflict stops until somebody decides, and nothing is lost", async () => {
    let stale = true;
    const { draft, saved, states } = setUp((_, revision) => {
      if (stale) throw "stale";
      return revision + 1;
    });
    draft.schedule(flow("mine"));
    await draft.flush();
    expect(states.at(-1)).toBe("conflict");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved).toHaveLength(1);
    stale = false;
    draft.rebase(7);
    await draft.flush();
    expect(saved.at(-1)).toBe("mine@7");
  });

  test("a document that the hub refuses is not sent again and again", async () => {
    const { draft, saved } = setUp(() => {
      throw "refused";
    });
    draft.schedule(flow("a"));
    await draft.flush();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved).toHaveLength(1);
  });
});
