import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findOrInstallChromium } from "./chromium.ts";

/** A step of `npm test`: a tool of the project, or a suite of tests whose results are counted. */
interface Step {
  readonly title: string;
  readonly command: readonly string[];
  /** Where a suite leaves its counts. */
  readonly countsIn?: string;
}

const results = "test-results";
const bin = (name: string) => join("node_modules", ".bin", name);

const suite = (title: string, ...projects: readonly string[]): Step => {
  const countsIn = join(results, `${projects[0]}.json`);
  const chosen = projects.flatMap((project) => ["--project", project]);
  return {
    title,
    command: [
      bin("vitest"),
      "run",
      ...chosen,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${countsIn}`,
    ],
    countsIn,
  };
};

const steps: readonly Step[] = [
  { title: "format", command: [bin("oxfmt"), "--check"] },
  { title: "lint", command: [bin("oxlint"), "--deny-warnings"] },
  { title: "types", command: [bin("vue-tsc"), "-b"] },
  { title: "unused code", command: [bin("knip")] },
  suite("unit tests", "node", "web"),
  { title: "build", command: [process.execPath, "server/launch.mjs", "--build-only"] },
  suite("the built hub, over a real broker", "hub"),
  suite("browser journeys", "e2e"),
];

/** Runs every step, whatever an earlier one said, so that one run tells everything that is wrong. */
function main(): number {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  process.env["MILLRACE_CHROMIUM"] = findOrInstallChromium();
  const failed: string[] = [];
  const counts = { passed: 0, failed: 0 };
  for (const { title, command, countsIn } of steps) {
    console.log(`\n== ${title}`);
    const startMs = performance.now();
    const [program = "", ...args] = command;
    const { status } = spawnSync(program, args, { stdio: "inherit", env: { ...process.env, CI: "true" } });
    console.log(
      `== ${title}: ${status === 0 ? "ok" : "FAILED"} in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`,
    );
    if (status !== 0) failed.push(title);
    if (countsIn !== undefined) add(counts, countsIn);
  }
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(", ")}`);
  // A step that is no test, or a suite that could not even start, must not end in "0 failed".
  if (failed.length > 0 && counts.failed === 0) counts.failed = failed.length;
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  return failed.length === 0 ? 0 : 1;
}

function add(counts: { passed: number; failed: number }, file: string): void {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, "utf8")) as Record<
      string,
      number
    >;
    counts.passed += numPassedTests ?? 0;
    counts.failed += numFailedTests ?? 0;
  } catch {
    counts.failed++;
  }
}

process.exitCode = main();
