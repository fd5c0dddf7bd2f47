import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { FlowDocument } from "../flows/flow.ts";
import { library } from "../flows/library/index.ts";
import { nodes } from "../flows/nodes/index.ts";
import { runFlowTests } from "../flows/testing/runFlowTests.ts";
import { validateFlow } from "../flows/validate.ts";

const folder = new URL("../flows/library/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

test("the library holds at least eight flows, and offers every one", () => {
  expect(files.length).toBeGreaterThanOrEqual(8);
  expect(library.map(({ id }) => `${id}.json`).toSorted()).toEqual(files.toSorted());
});

describe.each(files)("%s", (file) => {
  const flow = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as FlowDocument;

  test("is named after its file, described, laid out, and without problems", () => {
    expect(`${flow.id}.json`).toBe(file);
    expect(flow.description ?? "").toMatch(/\w{3,}.*\.$/);
    expect(Object.keys(flow.layout ?? {}).toSorted()).toEqual(Object.keys(flow.nodes).toSorted());
    expect(validateFlow(flow, nodes).problems).toEqual([]);
  });

  test("passes its own tests, which show it acting and staying quiet", () => {
    const { results } = runFlowTests(flow, nodes);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(2);
    expect(results.some(({ effects }) => effects.length > 0)).toBe(true);
  });
});
