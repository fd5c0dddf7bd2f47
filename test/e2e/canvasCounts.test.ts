import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HubProcess, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import { useJourneys } from "./browser.ts";
import { stepsOf } from "./editorSteps.ts";

const NODES = 500;
const COLUMNS = 25;
/** Counts that hold on any machine; times would not. */
const ELEMENTS_MAX = 2_500;
/** Where cards can be read there are about 30 elements for each of those within half a screen of the view. */
const NEAR_ELEMENTS_MAX = 4_500;
const HEAP_MAX_MB = 40;
const PAN_STEPS = 100;
const STYLES_PART_MAX = 0.25;
/** A step writes a transform and the grid; what culling adds comes a few times in a long pan. */
const STYLE_WRITES_PER_STEP = 6;

describe("a canvas with 500 nodes", () => {
  const journeys = useJourneys();
  let hub: HubProcess;

  beforeAll(async () => {
    hub = await startHub();
    const api = await signIn(hub);
    const { status, body } = await api("POST", "/flows", { document: largeFlow() });
    expect(status, JSON.stringify(body)).toBe(201);
  });
  afterAll(async () => {
    await hub.stop();
    removeFolder(hub.folder);
  });

  test("keeps few elements and little memory", async () => {
    const page = await openLarge();
    expect(await elements(page)).toBeLessThanOrEqual(ELEMENTS_MAX);
    const debug = await page.context().newCDPSession(page);
    await debug.send("HeapProfiler.collectGarbage");
    const { usedSize } = await debug.send("Runtime.getHeapUsage");
    expect(usedSize / 1e6).toBeLessThanOrEqual(HEAP_MAX_MB);
  });

  test("pans by moving one layer, without rendering", async () => {
    const page = await openLarge();
    await zoomIn(page, 8);
    await countChanges(page);
    const partOfStyles = await watchStyles(page);
    await page.mouse.move(800, 400);
    for (let step = 0; step < PAN_STEPS; step++) {
      await page.mouse.wheel(step % 2 === 0 ? 3 : -2, 1);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    const { attributes, children } = await changes(page);
    expect(attributes / PAN_STEPS).toBeLessThanOrEqual(STYLE_WRITES_PER_STEP);
    expect(children).toBeLessThanOrEqual(NEAR_ELEMENTS_MAX);
    expect(await elements(page)).toBeLessThanOrEqual(NEAR_ELEMENTS_MAX);
    // Styling all cards anew takes two thirds of a step; moving one layer takes next to nothing of it.
    expect(await partOfStyles()).toBeLessThan(STYLES_PART_MAX);
  });

  test("is painted from afar, and has cards again when near", async () => {
    const page = await openLarge();
    const { canvas } = stepsOf(page);
    await page.getByRole("button", { name: "Show all" }).click();
    await canvas.locator("canvas").waitFor();
    expect(await canvas.locator("[data-node]").count()).toBeLessThanOrEqual(2);
    expect(await inkOf(page)).toBeGreaterThan(NODES);
    await zoomIn(page);
    await canvas.locator("canvas").waitFor({ state: "detached" });
    expect(await canvas.locator("[data-node]").count()).toBeGreaterThan(5);
  });

  async function openLarge(): Promise<Page> {
    const page = await journeys.open(hub, "/flows/large");
    await page.getByRole("button", { name: "Zoom in" }).waitFor();
    await stepsOf(page).canvas.locator("canvas, [data-node]").first().waitFor();
    return page;
  }
});

/** Rows of a trigger and a chain behind it. */
function largeFlow() {
  const ids = Array.from({ length: NODES }, (_, index) => `n${index}`);
  const isFirst = (index: number) => index % COLUMNS === 0;
  return {
    millrace: 1,
    id: "large",
    name: "Large",
    nodes: Object.fromEntries(
      ids.map((id, index) => [
        id,
        isFirst(index)
          ? { type: "mqtt-in", name: `Row ${index / COLUMNS}`, config: { filters: [`row/${index}`] } }
          : { type: "delay", name: `Step ${index}`, config: { for: "1s" } },
      ]),
    ),
    wires: ids.flatMap((id, index) => (isFirst(index) ? [] : [{ from: `n${index - 1}`, to: id }])),
    layout: Object.fromEntries(
      ids.map((id, index) => [id, [(index % COLUMNS) * 288, Math.floor(index / COLUMNS) * 144]]),
    ),
  };
}

async function elements(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelectorAll("*").length);
}

async function zoomIn(page: Page, steps = 10): Promise<void> {
  const zoom = page.getByRole("button", { name: "Zoom in" });
  for (let step = 0; step < steps; step++) await zoom.click();
}

declare global {
  interface Window {
    changeCounts?: { attributes: number; children: number };
  }
}

async function countChanges(page: Page): Promise<void> {
  await page.evaluate(() => {
    const counts = { attributes: 0, children: 0 };
    window.changeCounts = counts;
    new MutationObserver((records) => {
      for (const { type, addedNodes, removedNodes } of records) {
        if (type === "attributes") counts.attributes++;
        else counts.children += addedNodes.length + removedNodes.length;
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

async function changes(page: Page): Promise<{ readonly attributes: number; readonly children: number }> {
  return page.evaluate(() => window.changeCounts ?? { attributes: 0, children: 0 });
}

/** Gives the part that styles have of all that the page does from now on. */
async function watchStyles(page: Page): Promise<() => Promise<number>> {
  const debug = await page.context().newCDPSession(page);
  await debug.send("Performance.enable");
  const spent = async () => {
    const { metrics } = await debug.send("Performance.getMetrics");
    const valueOf = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? 0;
    return { styles: valueOf("RecalcStyleDuration"), all: valueOf("TaskDuration") };
  };
  const before = await spent();
  return async () => {
    const { styles, all } = await spent();
    return (styles - before.styles) / (all - before.all);
  };
}

/** Painted pixels of the far view. */
async function inkOf(page: Page): Promise<number> {
  return page
    .getByRole("application")
    .locator("canvas")
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return 0;
      const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let ink = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) ink++;
      return ink;
    });
}
