// oxlint-disable no-restricted-imports -- only a process of its own can run without code generation; tests are not shipped.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = `
  const { compileRule } = await import("./rule.ts");
  const { createBudget } = await import("./budget.ts");
  const { compileTemplate } = await import("./template.ts");
  let evalWorks = true;
  try { (0, eval)("1"); } catch { evalWorks = false; }
  const sum = { reduce: [[1, 2], { "+": [{ var: "current" }, { var: "accumulator" }] }, 0] };
  const { rule } = compileRule({ and: [{ matches: [{ var: "a" }, "^x+$"] }, { ">": [sum, 2] }] });
  const text = compileTemplate("{{a | upper}}").template.render({ a: "xx" });
  console.log(JSON.stringify([evalWorks, rule.verdict({ a: "xx" }, createBudget()), text]));
`;

it("rules and templates work where code may not be made from text, as under a strict CSP", async () => {
  const flags = [
    "--disallow-code-generation-from-strings",
    "--import",
    "tsx",
    "--input-type=module",
    "--eval",
    script,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, flags, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  expect(JSON.parse(stdout)).toEqual([false, true, "XX"]);
});
