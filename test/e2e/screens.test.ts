import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Page as ListPage, RunSummary } from "../../server/api/contract.ts";
import {
  type ApiClient,
  type HubProcess,
  eventually,
  removeFolder,
  signIn,
  startHub,
} from "../hub/hubProcess.ts";
import { expectAccessible, expectNothingSticksOut } from "./accessibility.ts";
import { DESKTOP, PHONE, useJourneys } from "./browser.ts";
import { stepsOf } from "./editorSteps.ts";

const EDITOR = "/flows/cold-store-too-warm";
/** The garden sensor drops off the network after 45 s and has 5 s to come back. */
const OFFLINE_AFTER_MS = 70_000;

/** Every screen behind the login, with what tells that it is there. */
const screens: readonly (readonly [path: string, heading: string])[] = [
  ["/flows", "Flows"],
  ["/devices", "Devices"],
  ["/topics", "Topics"],
  ["/inbox", "Inbox"],
  ["/runs", "Runs"],
  ["/channels", "Channels"],
  ["/settings", "Settings"],
];
const looks = [
  { colorScheme: "light", viewport: DESKTOP },
  { colorScheme: "dark", viewport: DESKTOP },
  { colorScheme: "light", viewport: PHONE, touch: true },
  { colorScheme: "dark", viewport: PHONE, touch: true },
] as const;

describe("the screens of a hub with demo devices", () => {
  const journeys = useJourneys();
  let hub: HubProcess;
  let api: ApiClient;

  beforeAll(async () => {
    hub = await startHub({ args: ["--demo"] });
    api = await signIn(hub);
    await eventually(
      async () => (await api<ListPage<RunSummary>>("GET", "/flows/cold-store-too-warm/runs")).body.items,
      (runs) => runs.length > 0,
    );
  });
  afterAll(async () => {
    await hub.stop();
    removeFolder(hub.folder);
  });

  describe.each(looks)("at $viewport.width px, $colorScheme", (look) => {
    const name = `${look.viewport.width} ${look.colorScheme}`;
    const isPhone = look.viewport === PHONE;

    const expectSound = async (page: Page, state: string) => {
      await expectAccessible(page, `${state}, ${name}`);
      await expectNothingSticksOut(page, `${state}, ${name}`);
    };

    test("lists and forms have no flaw for axe and no sideways scroll", async () => {
      const page = await journeys.open(hub, "/flows", look);
      for (const [path, heading] of screens) {
        await page.goto(hub.url + path);
        await page.getByRole("heading", { name: heading, exact: true }).waitFor();
        await page.waitForLoadState("networkidle");
        await expectSound(page, path);
      }
    });

    test("so have the dialogs, and a run with its trace", async () => {
      const page = await journeys.open(hub, "/runs?flow=cold-store-too-warm", look);
      await page.getByRole("list", { name: /^Runs/ }).getByRole("button").first().click();
      await page.getByRole("region", { name: "Trace" }).getByText("A message on").waitFor();
      await expectSound(page, "a trace");
      await page.goto(`${hub.url}/devices`);
      await page.getByRole("button", { name: "Add device" }).click();
      await page.getByRole("dialog").getByLabel("Name").waitFor();
      await expectSound(page, "adding a device");
      for (const kind of ["E-mail", "Webhook", "ntfy"]) {
        await page.goto(`${hub.url}/channels`);
        await page.getByRole("button", { name: new RegExp(`^${kind}`, "i") }).click();
        await page.getByRole("dialog").getByRole("textbox", { name: "Name", exact: true }).waitFor();
        await expectSound(page, `adding ${kind}`);
      }
      await page.goto(`${hub.url}/settings`);
      await page.getByRole("button", { name: "New token" }).click();
      await page.getByRole("dialog").getByLabel("Name").waitFor();
      await expectSound(page, "a new token");
    });

    test("so has the editor, with settings, help and the lower panel", async () => {
      const page = await journeys.open(hub, EDITOR, look);
      if (isPhone) {
        await page.getByRole("tree").waitFor();
        await expectSound(page, "outline");
        await page.getByRole("treeitem", { name: /Too warm/ }).click();
      } else {
        await expectSound(page, "canvas");
        await stepsOf(page).node("Too warm?").click();
      }
      const panel = page.getByRole("complementary", { name: "Settings of Too warm?" });
      await panel.waitFor();
      await expectSound(page, "settings");
      await panel.getByRole("tab", { name: "Help" }).click();
      await expectSound(page, "help");
      await panel.getByRole("tab", { name: "Live" }).click();
      await expectSound(page, "live");
      await panel.getByRole("button", { name: "Close settings" }).click();
      for (const tab of ["Messages", "Problems", "Runs", "Tests"]) {
        await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
        await expectSound(page, tab);
      }
    });

    test("so has the login", async () => {
      const page = await journeys.open(hub, "/login", { ...look, signedIn: false });
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await expectSound(page, "login");
    });
  });

  test("values on the wires and in the topics move", async () => {
    const page = await journeys.open(hub, EDITOR);
    const value = stepsOf(page).onWire("sensors.out").first();
    await value.waitFor();
    const first = await value.innerText();
    await eventually(
      () => value.innerText(),
      (text) => text !== first,
      15_000,
    );
    await page.goto(`${hub.url}/topics`);
    const messages = page.getByRole("list", { name: /^Messages/ }).getByRole("listitem");
    await eventually(
      () => messages.count(),
      (count) => count >= 3,
      15_000,
    );
  });

  test("a device that falls silent shows as offline and in the inbox", { timeout: 120_000 }, async () => {
    const page = await journeys.open(hub, "/inbox");
    const notice = page.getByRole("listitem", { name: /Garden sensor is offline/ }).first();
    await notice.waitFor({ timeout: OFFLINE_AFTER_MS });
    await expectAccessible(page, "inbox with a notice");
    await notice.getByRole("link", { name: "why" }).click();
    await page.getByRole("region", { name: "Trace" }).getByText("Garden sensor is offline").waitFor();
  });
});
