import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchChromium, openContext, signContextIn } from "./e2e/browser.ts";
import { stepsOf } from "./e2e/editorSteps.ts";
import { removeFolder, startHub } from "./hub/hubProcess.ts";
import { smallPng } from "./smallPng.ts";

/** A picture of the README. */
interface Picture {
  readonly name: string;
  readonly look: "light" | "dark";
  readonly path: string;
  readonly height?: number;
  readonly prepare: (page: Page) => Promise<void>;
}

const FOLDER = "test/pictures";
const WIDTH = 1280;
const HEIGHT = 800;
const LIST_HEIGHT = 570;
/** A cold store warms up and cools down in this time, and the garden sensor is lost and comes back. */
const STORY_MAX_MS = 120_000;
/** Until the values have come in that show in a picture. */
const SETTLE_MS = 4_000;
const EDITOR = "/flows/cold-store-too-warm";

/** In the order in which things happen to the demo. */
const pictures: readonly Picture[] = [
  {
    name: "editor-light",
    look: "light",
    path: EDITOR,
    async prepare(page) {
      for (const port of ["sensors.out", "too-warm.raise", "too-warm.clear"])
        await stepsOf(page).onWire(port).first().waitFor({ timeout: STORY_MAX_MS });
      await showAll(page);
    },
  },
  {
    name: "devices-light",
    look: "light",
    path: "/devices",
    height: LIST_HEIGHT,
    prepare: (page) =>
      page.getByRole("listitem", { name: /^Garden sensor, Offline/ }).waitFor({ timeout: STORY_MAX_MS }),
  },
  {
    name: "inbox-light",
    look: "light",
    path: "/inbox",
    height: LIST_HEIGHT,
    prepare: (page) =>
      page
        .getByRole("listitem", { name: /is back/ })
        .first()
        .waitFor({ timeout: STORY_MAX_MS }),
  },
  {
    name: "editor-dark",
    look: "dark",
    path: EDITOR,
    async prepare(page) {
      await page.getByRole("button", { name: "Close the node list" }).click();
      await stepsOf(page).onWire("too-warm.raise").first().waitFor({ timeout: STORY_MAX_MS });
      await stepsOf(page).settings("Too warm?");
      await showAll(page);
    },
  },
  {
    name: "topics-dark",
    look: "dark",
    path: "/topics",
    height: LIST_HEIGHT,
    prepare: (page) => page.waitForTimeout(2 * SETTLE_MS),
  },
  {
    name: "runs-light",
    look: "light",
    path: "/inbox",
    async prepare(page) {
      const notice = page.getByRole("listitem", { name: /is too warm/ }).first();
      await notice.getByRole("link", { name: "why" }).click();
      await page.getByRole("region", { name: "Trace" }).getByRole("listitem").first().waitFor();
    },
  },
];

/** Takes the pictures of the README from a hub with demo devices. */
async function main(): Promise<void> {
  const hub = await startHub({ args: ["--demo"] });
  const browser = await launchChromium();
  try {
    for (const picture of pictures) {
      const { name, look, height = HEIGHT } = picture;
      const context = await openContext(browser, { colorScheme: look, viewport: { width: WIDTH, height } });
      await signContextIn(context, hub);
      const page = await context.newPage();
      await page.goto(hub.url + picture.path);
      await picture.prepare(page);
      await page.waitForTimeout(SETTLE_MS);
      const png = smallPng(await page.screenshot());
      writeFileSync(join(FOLDER, `${name}.png`), png);
      console.log(`${name}: ${Math.round(png.length / 1_000)} KB`);
      await context.close();
    }
  } finally {
    await browser.close();
    await hub.stop();
    removeFolder(hub.folder);
  }
}

async function showAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Show all" }).click();
  await page.mouse.move(WIDTH / 2, 100);
}

await main();
