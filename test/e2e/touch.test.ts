import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tooWarm } from "../hub/flows.ts";
import { type HubProcess, deploy, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import { useJourneys } from "./browser.ts";

const TABLET = { width: 1_180, height: 820 } as const;
/** An empty spot of the canvas. */
const SPOT = { x: 600, y: 650 } as const;

const journeys = useJourneys();
let hub: HubProcess;

beforeAll(async () => {
  hub = await startHub();
  await deploy(await signIn(hub), tooWarm());
});
afterAll(async () => {
  await hub.stop();
  removeFolder(hub.folder);
});

test("two fingers that part zoom in around the place between them, and out again when they meet", async () => {
  const page = await openOnTablet();
  const before = await view(page);
  await pinch(page, 100, 170);
  const near = await view(page);
  expect(near.zoom / before.zoom).toBeGreaterThan(1.5);
  // What was between the fingers is still there.
  expect(placeUnder(near)).toBeCloseTo(placeUnder(before), 0);
  await pinch(page, 170, 100);
  expect((await view(page)).zoom).toBeCloseTo(before.zoom, 1);
});

test("one finger on an empty spot pans", async () => {
  const page = await openOnTablet();
  const before = await view(page);
  await touch(page, [[SPOT], [{ x: SPOT.x - 40, y: SPOT.y }], [{ x: SPOT.x - 120, y: SPOT.y - 30 }]]);
  const after = await view(page);
  expect(after.zoom).toBe(before.zoom);
  expect(Math.round(before.x - after.x)).toBe(120);
  expect(Math.round(before.y - after.y)).toBe(30);
});

async function openOnTablet(): Promise<Page> {
  const page = await journeys.open(hub, "/flows/too-warm", { viewport: TABLET, touch: true });
  await page.getByRole("application").waitFor();
  await page.locator("[data-node='limit']").waitFor();
  return page;
}

interface View {
  /** Left edge of the canvas in the window. */
  readonly left: number;
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** Pan and zoom, as the browser draws them. */
function view(page: Page): Promise<View> {
  return page.locator("[data-node='limit']").evaluate((node) => {
    const { e, f, a } = new DOMMatrixReadOnly(getComputedStyle(node.parentElement ?? node).transform);
    const { left } = (node.closest("[role=application]") ?? node).getBoundingClientRect();
    return { left, x: e, y: f, zoom: a };
  });
}

/** Where on the flow the middle between the fingers points to, from left to right. */
function placeUnder({ left, x, zoom }: View): number {
  return (SPOT.x - left - x) / zoom;
}

function pinch(page: Page, from: number, to: number): Promise<void> {
  const fingers = (apart: number) => [
    { x: SPOT.x - apart / 2, y: SPOT.y },
    { x: SPOT.x + apart / 2, y: SPOT.y },
  ];
  return touch(page, [from, (from + to) / 2, to].map(fingers));
}

/** Puts fingers down, moves them from step to step, and lifts them. */
async function touch(page: Page, steps: readonly (readonly { x: number; y: number }[])[]): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  for (const [index, touchPoints] of steps.entries()) {
    const type = index === 0 ? "touchStart" : "touchMove";
    await debug.send("Input.dispatchTouchEvent", { type, touchPoints: [...touchPoints] });
  }
  await debug.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await debug.detach();
}
