import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorCodes } from "../flows/errors.ts";

test("every error code of flows is used, and explained in a sentence", () => {
  const source = readdirSync("flows", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "errors.ts")
    .map((name) => readFileSync(join("flows", name), "utf8"))
    .join("\n");
  for (const [code, meaning] of Object.entries(errorCodes)) {
    expect(source, code).toContain(`"${code}"`);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});
