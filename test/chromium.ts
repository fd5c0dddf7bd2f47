import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const PLACES = [
  "/usr/bin",
  "/usr/local/bin",
  "/snap/bin",
  "/Applications/Chromium.app/Contents/MacOS",
  "/Applications/Google Chrome.app/Contents/MacOS",
];
const MAC_NAMES = ["Chromium", "Google Chrome"];

/**
 * The Chromium for the browser journeys: `MILLRACE_CHROMIUM`, or one that is installed, or one that apt installs where
 * this may be done. Throws with what to do: the journeys are never skipped in silence.
 */
export function findOrInstallChromium(): string {
  const found = findChromium();
  if (found !== undefined) return found;
  if (canInstall()) {
    console.log("No Chromium is installed; installing Debian's with apt-get, which takes a minute …");
    run("apt-get", "update", "-q");
    run("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium");
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    "The browser journeys need Chromium. Install it (Debian, Ubuntu: sudo apt-get install chromium; macOS: brew install chromium), or name one in MILLRACE_CHROMIUM.",
  );
}

function findChromium(): string | undefined {
  const named = process.env["MILLRACE_CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...PLACES];
  const candidates = folders.flatMap((folder) => [...NAMES, ...MAC_NAMES].map((name) => join(folder, name)));
  return candidates.find((path) => existsSync(path));
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
}

function run(program: string, ...args: readonly string[]): void {
  spawnSync(program, args, { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}
