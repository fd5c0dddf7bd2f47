import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const files = readdirSync("web/src", { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(vue|ts|css)$/.test(path) && !path.endsWith(".test.ts"))
  .map((path) => ({ path, text: readFileSync(`web/src/${path}`, "utf8") }));

const offenders = (pattern: RegExp, except: readonly string[] = []): readonly string[] =>
  files.filter(({ path, text }) => !except.includes(path) && pattern.test(text)).map(({ path }) => path);

test("payloads and names never become markup", () => {
  expect(offenders(/v-html|innerHTML|insertAdjacentHTML|document\.write/)).toEqual([]);
});

test("no style stands in the markup: the content security policy would drop it", () => {
  expect(offenders(/\sstyle="(?!\{)[^"]*:/)).toEqual([]);
  expect(offenders(/<style[^>]*>\s*@import|url\(["']?https?:/)).toEqual([]);
});

test("styles use logical properties, so that they hold in both writing directions", () => {
  expect(
    offenders(/^\s*(margin|padding|border)-(left|right|top|bottom)\b|^\s*(min-|max-)?(width|height):.*;$/m),
  ).toEqual([]);
});

test("only the gateway talks to the hub", () => {
  expect(offenders(/\bfetch\(|new WebSocket\(|XMLHttpRequest/, ["api.ts", "live.ts"])).toEqual([]);
});
