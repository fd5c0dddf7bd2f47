import { nodes } from "#flows/nodes/index.ts";
import { hasErrors } from "#flows/problem.ts";
import { validateFlow } from "#flows/validate.ts";
import { type Command, type CommandWorld, exitCodes } from "./command.ts";
import { pathArguments, readFlowFiles } from "./flowFiles.ts";

/** `millrace check`: tells every problem of flow documents. */
export const check: Command = {
  name: "check",
  usage: "check <file or folder>… [--json]",
  summary: "checks flow documents and lists every problem",
  async run(args, world) {
    const { paths, isJson, unknown } = pathArguments(args);
    if (paths.length === 0 || unknown.length > 0) {
      world.err(`Usage: millrace ${check.usage}`);
      return exitCodes.usedWrongly;
    }
    const files = readFlowFiles(paths).map((file) =>
      "error" in file ? file : { path: file.path, problems: validateFlow(file.document, nodes).problems },
    );
    if (isJson) world.out(JSON.stringify(files));
    else for (const file of files) report(file, world);
    const isBad = files.some((file) => "error" in file || hasErrors(file.problems));
    return isBad ? exitCodes.foundProblems : exitCodes.ok;
  },
};

type Checked =
  | { readonly path: string; readonly error: string }
  | { readonly path: string; readonly problems: ReturnType<typeof validateFlow>["problems"] };

function report(file: Checked, { out }: CommandWorld): void {
  if ("error" in file) return out(`${file.path}: ${file.error}`);
  if (file.problems.length === 0) return out(`${file.path}: ok`);
  for (const { severity, path, code, message } of file.problems)
    out(`${file.path}: ${severity} at ${path === "" ? "/" : path} (${code}): ${message}`);
}
