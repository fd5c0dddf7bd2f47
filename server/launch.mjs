// Why: Node 20 cannot run TypeScript, so a checkout is built before it starts. This builds what is missing or older
// than its sources, then hands over to the built hub in the same process.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const targets = [
  { name: "server", made: "dist/server/main.js", sources: ["flows", "server"], args: ["--ssr"] },
  {
    name: "editor",
    made: "dist/web/index.html",
    sources: ["flows", "server/api/contract.ts", "web"],
    args: [],
  },
];
const shared = ["package.json", "package-lock.json", "vite.config.ts"];

for (const { name, made, sources, args } of targets) {
  if (isFresh(join(root, made), [...sources, ...shared])) continue;
  console.error(`Building the ${name}, which takes a few seconds …`);
  const vite = join(root, "node_modules/vite/bin/vite.js");
  if (!existsSync(vite)) fail("The packages are not installed; run npm ci first.");
  const built = spawnSync(process.execPath, [vite, "build", "--logLevel", "warn", ...args], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (built.status !== 0) fail(`The ${name} could not be built; the messages above say why.`);
}

if (process.argv[2] !== "--build-only") await import(join(root, "dist/server/main.js"));

function isFresh(made, sources) {
  if (!existsSync(made)) return false;
  const madeAt = statSync(made).mtimeMs;
  return sources.every((source) => newestIn(join(root, source)) <= madeAt);
}

function newestIn(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(...inside.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
