import { expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import { MERGE_WITHIN_MS, type Moment, STEPS_KEPT, emptyHistory, redo, remember, undo } from "./history.ts";

const moment = (name: string): Moment => ({
  document: { millrace: 1, id: "f", name, nodes: {}, wires: [] } satisfies FlowDocument,
  selection: new Set([name]),
});

test("undo and redo give back the very documents and selections", () => {
  const [a, b, c] = [moment("a"), moment("b"), moment("c")];
  const history = remember(remember(emptyHistory, a, { label: "One", atMs: 0 }), b, {
    label: "Two",
    atMs: 1,
  });
  const back = undo(history, c);
  expect(back?.moment).toBe(b);
  const start = back && undo(back.history, b);
  expect(start?.moment).toBe(a);
  expect(start && undo(start.history, a)).toBeUndefined();
  const again = start && redo(start.history, a);
  expect(again?.moment).toBe(b);
  expect(again && redo(again.history, b)?.moment).toBe(c);
});

test("a new change forgets what was undone", () => {
  const back = undo(remember(emptyHistory, moment("a"), { label: "One", atMs: 0 }), moment("b"));
  const forked = back && remember(back.history, moment("a"), { label: "Other", atMs: 1 });
  expect(forked?.future).toEqual([]);
});

test("changes with one merge key are one step while they follow each other closely", () => {
  const key = { label: "Change limit", mergeKey: "judge.limit" };
  let history = remember(emptyHistory, moment("a"), { ...key, atMs: 0 });
  history = remember(history, moment("b"), { ...key, atMs: MERGE_WITHIN_MS - 1 });
  expect(history.past).toHaveLength(1);
  expect(history.past[0]?.before.document.name).toBe("a");
  history = remember(history, moment("c"), { ...key, atMs: 2 * MERGE_WITHIN_MS - 1 });
  expect(history.past).toHaveLength(2);
});

test("only the last steps are kept", () => {
  let history = emptyHistory;
  for (let step = 0; step <= STEPS_KEPT; step++)
    history = remember(history, moment(String(step)), { label: "x", atMs: step });
  expect(history.past).toHaveLength(STEPS_KEPT);
  expect(history.past[0]?.before.document.name).toBe("1");
});
