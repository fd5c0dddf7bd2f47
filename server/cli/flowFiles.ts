import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A flow document read from a file, or why it could not be read. */
export type FlowFile =
  | { readonly path: string; readonly document: unknown }
  | { readonly path: string; readonly error: string };

/** Reads flow documents; a folder stands for all `.json` files in it, in order. */
export function readFlowFiles(paths: readonly string[]): FlowFile[] {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [readFlowFile(path)];
      const names = readdirSync(path).filter((name) => name.endsWith(".json"));
      return names.toSorted().map((name) => readFlowFile(join(path, name)));
    } catch {
      return [{ path, error: "There is no such file or folder." }];
    }
  });
}

function readFlowFile(path: string): FlowFile {
  const text = readFileSync(path, "utf8");
  try {
    return { path, document: JSON.parse(text) as unknown };
  } catch (error) {
    return {
      path,
      error: `The file is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** Splits the words of a command into paths and the switch `--json`; the rest is unknown. */
export function pathArguments(args: readonly string[]): {
  readonly paths: readonly string[];
  readonly isJson: boolean;
  readonly unknown: readonly string[];
} {
  return {
    paths: args.filter((arg) => !arg.startsWith("--")),
    isJson: args.includes("--json"),
    unknown: args.filter((arg) => arg.startsWith("--") && arg !== "--json"),
  };
}
