import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

/** Pure packages that flows/ may import. */
const FLOWS_PACKAGES = new Set(["croner", "re2js"]);
const TOP_LEVEL =
  /^(package(-lock)?\.json|tsconfig\.json|vite\.config\.ts|server|web|flows|test|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|\..*|node_modules|dist|data|test-results)$/;

/**
 * Where an import breaks a wall; undefined where it does not. The compiler and lint hold most of them already: this
 * one knows both ends of an import.
 */
function brokenWall(file: string, target: string): string | undefined {
  const [from, to] = [roomOf(file), roomOf(target)];
  if (file.startsWith("flows/") && !target.startsWith("flows/")) return "flows/ imports only itself";
  if (file.startsWith("server/") && target.startsWith("web/")) return "server/ never imports web/";
  if (from !== undefined && to !== undefined && from !== to)
    return "siblings under server/ meet only in hub.ts";
  if (file.startsWith("flows/nodes/") && target.startsWith("flows/engine/")) return "nodes know no engine";
  if (
    /^flows\/nodes\/([^/]+)\//.test(file) &&
    /^flows\/nodes\/([^/]+)\//.test(target) &&
    nodeOf(file) !== nodeOf(target)
  )
    return "nodes never import each other";
  if (file.startsWith("flows/logic/") && /^flows\/(nodes|engine|testing)\//.test(target))
    return "logic knows no engine";
  return undefined;
}

/** The folder right under server/; undefined for server/hub.ts and everything elsewhere. */
function roomOf(path: string): string | undefined {
  return /^server\/([^/]+)\//.exec(path)?.[1];
}

function nodeOf(path: string): string | undefined {
  return /^flows\/nodes\/([^/]+)\//.exec(path)?.[1];
}

describe("a wall", () => {
  test.each([
    ["server/broker/acl.ts", "server/store/flows.ts", true],
    ["server/broker/acl.ts", "server/broker/topic.ts", false],
    ["server/hub.ts", "server/store/flows.ts", false],
    ["server/broker/acl.ts", "flows/logic/number.ts", false],
    ["flows/node.ts", "server/hub.ts", true],
    ["flows/nodes/delay/index.ts", "flows/nodes/throttle/index.ts", true],
    ["flows/nodes/index.ts", "flows/nodes/throttle/index.ts", false],
    ["flows/logic/rule.ts", "flows/engine/run.ts", true],
    ["server/main.ts", "web/src/main.ts", true],
  ])("between %s and %s stands: %s", (file, target, isBroken) => {
    expect(brokenWall(file, target) !== undefined).toBe(isBroken);
  });
});

test("no import breaks a wall", () => {
  const broken = ["flows", "server", "web/src"].flatMap(sourceFiles).flatMap((file) =>
    importsOf(file).flatMap((target) => {
      const wall = brokenWall(file, target);
      return wall === undefined ? [] : [`${file} -> ${target}: ${wall}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("flows/ imports no package but the pure ones", () => {
  const packages = sourceFiles("flows").flatMap((file) =>
    packagesOf(file)
      .filter((name) => !FLOWS_PACKAGES.has(name))
      .map((name) => `${file} -> ${name}`),
  );
  expect(packages).toEqual([]);
});

test("flows/ reads no clock, no chance and no host", () => {
  const impure =
    /new Date\(\)|Date\.now|Math\.random|setTimeout|setInterval|globalThis|process\.|performance\./;
  const files = sourceFiles("flows").filter((file) =>
    impure.test(withoutComments(readFileSync(file, "utf8"))),
  );
  expect(files).toEqual([]);
});

test("only the store writes SQL, and only the broker knows aedes", () => {
  const files = sourceFiles("server");
  const sql = files.filter(
    (file) =>
      !file.startsWith("server/store/") &&
      /["'`](SELECT|INSERT INTO|UPDATE|DELETE FROM) /.test(readFileSync(file, "utf8")),
  );
  const aedes = files.filter(
    (file) => !file.startsWith("server/broker/") && packagesOf(file).includes("aedes"),
  );
  expect([...sql, ...aedes]).toEqual([]);
});

test("no code is made from text, and no markup from data", () => {
  const risky = /\beval\(|new Function\(|node:vm|v-html|innerHTML/;
  const files = ["flows", "server", "web/src"]
    .flatMap(sourceFiles)
    .filter((file) => risky.test(withoutComments(readFileSync(file, "utf8"))));
  expect(files).toEqual([]);
});

test("the top level holds only what it should", () => {
  expect(readdirSync(".").filter((name) => !TOP_LEVEL.test(name))).toEqual([]);
});

function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => /^[.#]/.test(specifier))
    .map((specifier) =>
      specifier.startsWith("#") ? specifier.slice(1) : normalize(join(dirname(file), specifier)),
    );
}

function packagesOf(file: string): string[] {
  return specifiersOf(file).filter((specifier) => !/^[.#/]/.test(specifier));
}

function specifiersOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  return [
    ...source.matchAll(
      /^(?:import|export)\s[^"';]*?\sfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm,
    ),
  ].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/\/\/.*$/gm, "");
}

/** Sources without tests: tests may look behind the walls. */
function sourceFiles(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /\.(ts|vue)$/.test(name) && !/\.(test|suite)\.ts$/.test(name))
    .map((name) => join(folder, name));
}
