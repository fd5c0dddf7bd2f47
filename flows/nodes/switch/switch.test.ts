import { expect, test } from "vitest";
import { readConfig } from "../../config.ts";
import type { ConfigOf } from "../../field.ts";
import { switchNode } from "./index.ts";

const above = (limit: number) => ({ ">": [{ var: "payload.t" }, limit] });
const guarded = (limit: number) => ({ and: [{ "!==": [{ var: "payload.t" }, null] }, above(limit)] });

function check(cases: readonly { name: string; when: unknown }[], mode = "first") {
  const config = readConfig(switchNode.fields, { cases, mode }, (problem) => {
    throw new Error(problem.message);
  });
  return switchNode.check?.(config as ConfigOf<typeof switchNode.fields>) ?? [];
}

test("a case that an earlier, wider one shadows is reported where it stands", () => {
  expect(
    check([
      { name: "warm", when: above(20) },
      { name: "hot", when: above(30) },
    ]),
  ).toMatchObject([{ path: "cases/1/when", severity: "warning" }]);
  expect(
    check([
      { name: "warm", when: guarded(20) },
      { name: "hot", when: guarded(30) },
    ]),
  ).toHaveLength(1);
});

test("the narrow case before the wide one, or all cases at once, is fine", () => {
  expect(
    check([
      { name: "hot", when: above(30) },
      { name: "warm", when: above(20) },
    ]),
  ).toEqual([]);
  expect(
    check(
      [
        { name: "warm", when: above(20) },
        { name: "hot", when: above(30) },
      ],
      "all",
    ),
  ).toEqual([]);
  expect(
    check([
      { name: "a", when: above(20) },
      { name: "b", when: { "<": [{ var: "payload.t" }, 30] } },
    ]),
  ).toEqual([]);
});

test("two cases of one name, and names of other ports, are refused", () => {
  expect(
    check([
      { name: "a", when: above(3) },
      { name: "a", when: above(2) },
    ]),
  ).toMatchObject([{ path: "cases/1/name" }]);
  expect(
    check([
      { name: "else", when: above(3) },
      { name: "a.b", when: above(2) },
    ]),
  ).toMatchObject([{ path: "cases/0/name" }, { path: "cases/1/name" }]);
});
