import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

/** Fails with all that axe finds wrong in the present state of a page. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  await injectAxe(page);
  const found = await page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary, html }) => `${id}: ${target.join(" ")}\n${html}\n${failureSummary}`,
      ),
    );
  }, TAGS);
  expect(found, state).toEqual([]);
}

/** Fails when a page can be moved sideways, and names what sticks out. */
export async function expectNoSidewaysScroll(page: Page, state: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const roots = [
      document.documentElement,
      document.body,
      ...document.querySelectorAll("main, [role=dialog]"),
    ];
    return roots
      .filter((root) => root.scrollWidth > root.clientWidth + 1)
      .map((root) => `${root.tagName.toLowerCase()}: ${root.scrollWidth} px in ${root.clientWidth} px`);
  });
  expect(wide, state).toEqual([]);
}

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}

/** Through the debugger: a script element or `eval` would be stopped by the content security policy. */
async function injectAxe(page: Page): Promise<void> {
  if (await page.evaluate(() => "axe" in window)) return;
  const debug = await page.context().newCDPSession(page);
  await debug.send("Runtime.evaluate", { expression: axe.source });
  await debug.detach();
}
