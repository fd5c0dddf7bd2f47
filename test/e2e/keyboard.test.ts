import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlowDetail } from "../../server/api/contract.ts";
import { type HubProcess, eventually, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import { useJourneys } from "./browser.ts";
import { stepsOf } from "./editorSteps.ts";

/** Nobody should have to press Tab more often to reach anything on a page. */
const TABS_MAX = 60;

describe("a flow built without a pointer", () => {
  const journeys = useJourneys();
  let hub: HubProcess;

  beforeAll(async () => {
    hub = await startHub();
  });
  afterAll(async () => {
    await hub.stop();
    removeFolder(hub.folder);
  });

  test("is added, connected, filled in and deployed, and the focus is never lost", async () => {
    const page = await journeys.open(hub, "/flows");
    const steps = stepsOf(page);
    const keys = keyboardOf(page);

    await keys.tabTo(page.getByRole("button", { name: "New flow" }));
    await keys.press("Enter");
    await keys.type("By keyboard");
    await keys.press("Enter");
    await page.waitForURL(/\/flows\/.+/);
    await page.getByRole("heading", { name: "Start with a trigger" }).waitFor();

    await keys.press("n");
    await keys.addNamed("mqtt in");
    await keys.press("n");
    await keys.addNamed("threshold");
    await keys.press("n");
    await keys.addNamed("notify");
    await keys.expectFocusOn(steps.node("Notify"));

    await keys.press("ArrowLeft", "ArrowLeft");
    await keys.expectFocusOn(steps.node("MQTT in"));
    await keys.press("Enter");
    await keys.tabTo(page.getByRole("combobox", { name: "Topics" }));
    await keys.type("coldstore/+/temperature");
    await keys.press("Escape");
    await keys.expectFocusOn(steps.node("MQTT in"));

    await keys.press("ArrowRight", "Enter");
    await keys.tabTo(page.getByRole("textbox", { name: "Limit" }));
    await keys.type("6");
    await keys.press("Escape", "ArrowRight", "Enter");
    await keys.tabTo(page.getByRole("textbox", { name: "Title" }));
    await keys.type("Too warm");
    await keys.press("Escape");

    await keys.press("ArrowLeft", "c");
    await keys.tabTo(page.getByRole("combobox", { name: "Output" }));
    await keys.type("clear");
    await keys.tabTo(page.getByRole("dialog").getByRole("button", { name: "Notify" }));
    await keys.press("Enter");
    await keys.expectFocusOn(steps.node("Threshold"));

    await keys.press("Control+Shift+Enter");
    await page.getByRole("button", { name: "Deployed" }).waitFor();
    const api = await signIn(hub);
    const { deployed } = (await api<FlowDetail>("GET", "/flows/by-keyboard")).body;
    expect(deployed).toMatchObject({
      nodes: {
        "mqtt-in": { config: { filters: ["coldstore/+/temperature"] } },
        threshold: { config: { levels: [{ set: 6 }] } },
        notify: { config: { title: "Too warm" } },
      },
      wires: [
        { from: "mqtt-in", to: "threshold" },
        { from: "threshold", to: "notify" },
        { from: "threshold.clear", to: "notify" },
      ],
    });

    await keys.press("ArrowRight", "Delete");
    await keys.expectFocusOn(steps.node("Threshold"));
    await keys.press("Control+z");
    await keys.expectFocusOn(steps.node("Notify"));
    await eventually(
      async () => (await api<FlowDetail>("GET", "/flows/by-keyboard")).body.changed,
      (changed) => !changed,
    );
  });

  test("one Tab leaves the canvas, and F6 goes round the panes", async () => {
    const api = await signIn(hub);
    await api("POST", "/flows", { document: twoNodes });
    const page = await journeys.open(hub, "/flows/two-nodes");
    const steps = stepsOf(page);
    const keys = keyboardOf(page);
    await steps.node("Inject").focus();
    await keys.press("Tab");
    expect(await steps.canvas.locator("[data-node]:focus").count()).toBe(0);
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      await keys.press("F6");
      seen.add(
        await page.evaluate(() => document.activeElement?.closest("[class*=editor-]")?.className ?? ""),
      );
    }
    expect(seen.size).toBeGreaterThanOrEqual(4);
  });
});

const twoNodes = {
  millrace: 1,
  id: "two-nodes",
  name: "Two nodes",
  nodes: { inject: { type: "inject" }, log: { type: "log" } },
  wires: [{ from: "inject", to: "log" }],
};

/** The keyboard of a page that fails as soon as the focus falls to the body. */
function keyboardOf(page: Page) {
  const expectFocus = async (after: string) => {
    const isLost = () => page.evaluate(() => document.activeElement === document.body);
    await eventually(isLost, (lost) => !lost, 2_000).catch(() => {
      throw new Error(`The focus is lost after ${after}.`);
    });
  };
  const press = async (...names: readonly string[]) => {
    for (const name of names) {
      await page.keyboard.press(name);
      await expectFocus(name);
    }
  };
  return {
    press,
    async type(text: string): Promise<void> {
      await page.keyboard.type(text);
      await expectFocus(text);
    },
    /** Chooses from the search that has just been opened. */
    async addNamed(words: string): Promise<void> {
      const search = page.getByRole("combobox", { name: "Search nodes" });
      await search.waitFor();
      await page.keyboard.type(words);
      await press("Enter");
      await search.waitFor({ state: "detached" });
    },
    async tabTo(target: Locator): Promise<void> {
      for (let count = 0; count < TABS_MAX; count++) {
        if ((await target.count()) > 0 && (await target.evaluate((element) => element.matches(":focus"))))
          return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`${target.toString()} cannot be reached with Tab.`);
    },
    expectFocusOn: async (target: Locator): Promise<void> =>
      void (await eventually(
        () => target.evaluate((element) => element.matches(":focus")),
        (focused) => focused,
        3_000,
      )),
  };
}
