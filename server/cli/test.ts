import { nodes } from "#flows/nodes/index.ts";
import { type FlowTestResult, runFlowTests } from "#flows/testing/runFlowTests.ts";
import { type Command, type CommandWorld, exitCodes } from "./command.ts";
import { pathArguments, readFlowFiles } from "./flowFiles.ts";

interface TestedFile {
  readonly path: string;
  /** Why no test could run. */
  readonly errors: readonly string[];
  readonly results: readonly FlowTestResult[];
}

/** `millrace test`: runs the tests that flows carry, on a virtual clock. */
export const test: Command = {
  name: "test",
  usage: "test <file or folder>… [--json]",
  summary: "runs the tests that flows carry, without a hub and without waiting",
  async run(args, world) {
    const { paths, isJson, unknown } = pathArguments(args);
    if (paths.length === 0 || unknown.length > 0) {
      world.err(`Usage: millrace ${test.usage}`);
      return exitCodes.usedWrongly;
    }
    const files = readFlowFiles(paths).map((file): TestedFile => {
      if ("error" in file) return { path: file.path, errors: [file.error], results: [] };
      const { results, problems } = runFlowTests(file.document, nodes);
      const errors = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
      return { path: file.path, errors, results };
    });
    if (isJson) world.out(JSON.stringify(files));
    else report(files, world);
    const isBad = files.some(({ errors, results }) => errors.length > 0 || results.some(({ ok }) => !ok));
    return isBad ? exitCodes.foundProblems : exitCodes.ok;
  },
};

function report(files: readonly TestedFile[], { out }: CommandWorld): void {
  for (const { path, errors, results } of files) {
    out(path);
    for (const error of errors) out(`  error: ${error}`);
    for (const { name, ok, differences } of results) {
      out(`  ${ok ? "passed" : "FAILED"}: ${name}`);
      for (const difference of differences) out(`    ${difference}`);
    }
  }
  const all = files.flatMap(({ results }) => results);
  out(`${all.filter(({ ok }) => ok).length} passed, ${all.filter(({ ok }) => !ok).length} failed`);
}
