import { readdirSync } from "node:fs";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import { configSchema } from "../flows/config.ts";
import type { Field } from "../flows/field.ts";
import { nodes } from "../flows/nodes/index.ts";
import { exampleDifferences } from "../flows/testing/playExample.ts";

const ajv = new Ajv({ allErrors: true, strict: false });

test("every folder in flows/nodes is registered under its own name", () => {
  const folders = readdirSync(new URL("../flows/nodes", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(nodes.map((node) => node.type).toSorted()).toEqual(folders.toSorted());
});

describe.each(nodes.map((node) => [node.type, node] as const))("%s", (_type, node) => {
  const validate = ajv.compile(configSchema(node.fields));

  test("has a one-sentence summary, an icon, and at least one example", () => {
    expect(node.summary).toMatch(/^[A-Z].*\.$/);
    expect(node.summary.slice(0, -1)).not.toContain(". ");
    expect(node.icon).toMatch(/^[a-z0-9-]+$/);
    expect(node.examples).not.toHaveLength(0);
  });

  test("starts with a state that survives storage", () => {
    const initial: unknown = node.initial?.() ?? null;
    expect(JSON.parse(JSON.stringify(initial))).toEqual(initial);
  });

  test("refuses a setting that it does not know", () => {
    expect(validate({ ...node.examples[0]?.config, "no-such-setting": 1 })).toBe(false);
  });

  test("labels every setting", () => {
    for (const { label } of Object.values<Field>(node.fields)) expect(label).toMatch(/^[A-Z]/);
  });

  test.each(node.examples.map((example) => [example.title, example] as const))(
    "example: %s",
    (_title, example) => {
      validate(example.config);
      expect(ajv.errorsText(validate.errors)).toBe("No errors");
      expect(node.sentence(example.config)).not.toBe("");
      expect(exampleDifferences(node, example)).toEqual([]);
    },
  );
});
