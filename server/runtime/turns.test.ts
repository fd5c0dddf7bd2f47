import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

/** Acts that end when the test says so, and what became of them. */
function createActs() {
  const story: string[] = [];
  const ends = new Map<string, () => void>();
  const act = (name: string) => () =>
    new Promise<string>((resolve) => {
      story.push(`${name} begins`);
      ends.set(name, () => resolve(name));
    });
  return { story, act, end: (name: string) => ends.get(name)?.() };
}

test("acts of one name wait for each other, those of another name do not", async () => {
  const { story, act, end } = createActs();
  const inTurn = createTurns();
  const first = inTurn("a", act("first"));
  const second = inTurn("a", act("second"));
  void inTurn("b", act("other"));
  expect(story).toEqual(["first begins", "other begins"]);
  end("first");
  expect(await first).toBe("first");
  expect(story).toEqual(["first begins", "other begins", "second begins"]);
  end("second");
  expect(await second).toBe("second");
});

test("an act that fails tells its caller and lets the next one have its turn", async () => {
  const inTurn = createTurns();
  const failed = inTurn("a", () => Promise.reject(new Error("The disk is full.")));
  const next = inTurn("a", () => Promise.resolve("done"));
  await expect(failed).rejects.toThrow("The disk is full.");
  expect(await next).toBe("done");
});
