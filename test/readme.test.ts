import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { limits } from "../flows/limits.ts";
import { nodes } from "../flows/nodes/index.ts";
import { brokerLimits } from "../server/broker/limits.ts";
import { limitMarkdown } from "../server/broker/limitText.ts";
import { settingSpecs } from "../server/settings.ts";

/** Tables are padded by the formatter; what they say counts. */
const readme = readFileSync("README.md", "utf8").replaceAll(/ {2,}/g, " ");

describe("the README", () => {
  test("names every setting with its flag and its variable", () => {
    for (const { flag, variable } of settingSpecs)
      expect(readme).toContain(`| \`${flag}\` | \`${variable}\` |`);
    expect(readme.match(/^\| `--/gm)).toHaveLength(settingSpecs.length);
  });

  test("B30: has the table of the broker's limits, as `millrace limits --markdown` prints it", () => {
    const [, table = ""] = /<!-- limits -->\n([^]*)\n<!-- \/limits -->/.exec(readme) ?? [];
    const lines = table.split("\n").filter((line) => line.startsWith("|"));
    expect(lines.map((line) => line.replaceAll(/-{3,}/g, "---"))).toEqual(limitMarkdown());
  });

  test("names every node type", () => {
    for (const { title } of nodes) expect(readme).toMatch(new RegExp(`[|,] ${title}\\b`));
  });

  test("shows pictures that exist and are small", () => {
    const pictures = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = ""]) => path);
    expect(pictures.length).toBeGreaterThan(3);
    for (const path of pictures) {
      expect(existsSync(path), path).toBe(true);
      expect(readFileSync(path).length, path).toBeLessThan(200_000);
    }
  });

  test("tells the limits that are in force", () => {
    expect(readme).toContain(`${limits.nodesPerFlow} nodes a flow`);
    expect(readme).toContain(`${limits.deliveriesPerRun.toLocaleString("en")} deliveries`);
    expect(readme).toContain(`${limits.effectsPerRun} actions a run`);
    expect(readme).toContain(`${limits.hops} hops`);
    expect(readme.replaceAll("\n", " ")).toMatch(
      new RegExp(`${limits.keysPerNode.toLocaleString("en")}\\s+keys a node`),
    );
    expect(readme).toContain(`${brokerLimits.connections.toLocaleString("en")} connections`);
  });

  test("names the test command that CI runs", () => {
    expect(readFileSync(".ci/run", "utf8")).toContain("npm ci && npm test");
    expect(readme).toContain("npm ci && npm test");
  });
});
