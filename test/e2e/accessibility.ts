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

/** Fails when something can be moved sideways or a control sticks out of its panel, and names it. */
export async function expectNothingSticksOut(page: Page, state: string): Promise<void> {
  const found = await page.evaluate(() => {
    const named = (element: Element) => element.outerHTML.slice(0, 120);
    const scrolling = [...document.querySelectorAll("*")].filter((element) => {
      const isRoot = element === document.documentElement || element === document.body;
      const isScroller = /auto|scroll/.test(getComputedStyle(element).overflowX) && element.tagName !== "PRE";
      return (isRoot || isScroller) && element.scrollWidth > element.clientWidth + 1;
    });
    const controls = [...document.querySelectorAll("input, select, textarea, button, a[href]")];
    const outside = controls.filter((control) => {
      const panel = control.closest("aside, [role=dialog], main, nav")?.getBoundingClientRect();
      const { right, width } = control.getBoundingClientRect();
      // What only screen readers see is 1 px wide and may lie anywhere.
      return (
        panel !== undefined &&
        width > 1 &&
        right > panel.right + 1 &&
        control.closest("[role=application]") === null
      );
    });
    return [
      ...scrolling.map(
        (element) => `${element.scrollWidth} px in ${element.clientWidth} px: ${named(element)}`,
      ),
      ...outside.map((control) => `sticks out of its panel: ${named(control)}`),
    ];
  });
  expect(found, state).toEqual([]);
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
