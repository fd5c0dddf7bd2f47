import { expect, test } from "vitest";
import { compileFlow } from "../../engine/program.ts";
import { switchNode } from "./index.ts";

const above = (limit: number) => ({ ">": [{ var: "payload.t" }, limit] });
const below = (limit: number) => ({ "<": [{ var: "payload.t" }, limit] });
const guarded = (limit: number) => ({ and: [{ "!==": [{ var: "payload.t" }, null] }, above(limit)] });

/** What is reported about some cases, as `severity path`. */
function check(cases: Readonly<Record<string, unknown>>, mode = "first"): string[] {
  const rows = Object.entries(cases).map(([name, when]) => ({ name, when }));
  const node = { type: "switch", config: { cases: rows, mode } };
  const document = { millrace: 1, id: "flow", name: "Flow", nodes: { node }, wires: [] };
  return compileFlow(document, [switchNode])
    .problems.filter(({ path }) => path.includes("/config/"))
    .map(({ severity, path }) => `${severity} ${path.replace("/nodes/node/config/", "")}`);
}

test("a case that an earlier, wider one shadows is reported where it stands", () => {
  expect(check({ warm: above(20), hot: above(30) })).toEqual(["warning cases/1/when"]);
  expect(check({ warm: guarded(20), hot: guarded(30) })).toEqual(["warning cases/1/when"]);
  expect(check({ cold: below(5), frost: below(0) })).toEqual(["warning cases/1/when"]);
  expect(check({ one: above(20), same: above(20) })).toEqual(["warning cases/1/when"]);
});

test("the narrow case before the wide one, or all cases at once, is fine", () => {
  expect(check({ hot: above(30), warm: above(20) })).toEqual([]);
  expect(check({ warm: above(20), hot: above(30) }, "all")).toEqual([]);
  expect(check({ warm: above(20), cold: below(30) })).toEqual([]);
});

test("names that cannot be ports are refused", () => {
  expect(check({ else: above(3), "a.b": above(2) })).toEqual(["error cases/0/name", "error cases/1/name"]);
});

test("two cases of one name are refused", () => {
  const cases = [
    { name: "a", when: above(3) },
    { name: "a", when: above(2) },
  ];
  const document = {
    millrace: 1,
    id: "flow",
    name: "Flow",
    nodes: { node: { type: "switch", config: { cases } } },
    wires: [],
  };
  const { problems } = compileFlow(document, [switchNode]);
  expect(problems.map(({ path }) => path)).toContain("/nodes/node/config/cases/1/name");
});
