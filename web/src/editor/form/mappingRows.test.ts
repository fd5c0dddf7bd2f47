import { expect, test } from "vitest";
import { readMapping, writeMapping } from "./mappingRows.ts";

test("rules are marked, templates and constants are not", () => {
  const rows = [
    { key: "celsius", value: { var: "payload.t" } },
    { key: "text", value: "{{topic}}" },
    { key: "fixed", value: 3 },
    { key: "", value: 1 },
  ];
  const stored = writeMapping(rows);
  expect(stored).toEqual({ celsius: { $rule: { var: "payload.t" } }, text: "{{topic}}", fixed: 3 });
  expect(readMapping(stored)).toEqual(rows.slice(0, 3));
});

test("an empty mapping is no setting", () => {
  expect(writeMapping([])).toBeUndefined();
  expect(readMapping(undefined)).toEqual([]);
});
