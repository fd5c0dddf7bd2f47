import type { Locator, Page } from "playwright-core";

/** A flow under edit, as a person sees it. */
export interface EditorSteps {
  readonly canvas: Locator;
  readonly deploy: Locator;
  /** The card of a node, by its name. */
  node(name: string): Locator;
  port(name: string, port: string, side?: "in" | "out"): Locator;
  /** Opens the settings of a node. */
  settings(name: string): Promise<Locator>;
  /** Adds a node through the search, on its own at a place of the canvas. */
  addAt(words: string, at: { readonly x: number; readonly y: number }): Promise<void>;
  /** Chooses from the search that is open. */
  pick(words: string): Promise<void>;
  /** The last value on the wires of a port, such as `mqtt-in.out`. */
  onWire(port: string): Locator;
  /** Draws a wire with the mouse. */
  drawWire(from: readonly [node: string, port: string], to: string): Promise<void>;
  /** Waits until the hub has the draft. */
  saved(): Promise<void>;
}

/** Makes a blank flow from the list of flows. */
export async function newBlankFlow(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New flow" }).click();
  const dialog = page.getByRole("dialog", { name: "New flow" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByRole("button", { name: "Create flow" }).click();
  await page.waitForURL(/\/flows\/.+/);
  await page.getByRole("heading", { name: "Start with a trigger" }).waitFor();
}

/** The steps in the editor that is open on a page. */
export function stepsOf(page: Page): EditorSteps {
  const canvas = page.getByRole("application");
  const node = (name: string) =>
    canvas.getByRole("button", { name: new RegExp(`^[^:]+: ${escape(name)}\\.`) });
  const port = (name: string, at: string, side: "in" | "out" = "out") =>
    node(name).locator(`[data-port-${side}="${at}"]`);
  const pick = async (words: string) => {
    const search = page.getByRole("combobox", { name: "Search nodes" });
    await search.fill(words);
    await search.press("Enter");
    await search.waitFor({ state: "detached" });
  };
  return {
    canvas,
    deploy: page.getByRole("button", { name: /^Deploy( \d+ changes?)?$/ }),
    node,
    port,
    async settings(name) {
      await node(name).click();
      const panel = page.getByRole("complementary", { name: `Settings of ${name}` });
      await panel.waitFor();
      return panel;
    },
    async addAt(words, at) {
      await canvas.dblclick({ position: at });
      await pick(words);
    },
    pick,
    onWire: (at) => canvas.locator(`[data-wire-value="${at}"]`),
    async drawWire([from, out], to) {
      const start = await centreOf(port(from, out));
      const end = await centreOf(port(to, "in", "in"));
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 4 });
      await page.mouse.move(end.x, end.y, { steps: 4 });
      await page.mouse.up();
    },
    async saved() {
      await page.getByRole("status").getByText("Draft saved").waitFor();
    },
  };
}

async function centreOf(target: Locator): Promise<{ readonly x: number; readonly y: number }> {
  const box = await target.boundingBox();
  if (box === null) throw new Error(`${target.toString()} is not on the screen.`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
