import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HubProcess, removeFolder, startHub } from "../hub/hubProcess.ts";
import { expectAccessible } from "./accessibility.ts";
import { LAN_NAME, useJourneys } from "./browser.ts";

const PASSWORD = "a mill wheel turns slowly";

describe("the first minutes with a new hub", () => {
  const journeys = useJourneys();
  let hub: HubProcess;

  beforeAll(async () => {
    hub = await startHub({ isNew: true });
  });
  afterAll(async () => {
    await hub.stop();
    removeFolder(hub.folder);
  });

  test("the printed link leads through the set-up to a connected device and a first flow", async () => {
    const { pathname, hash, search } = new URL(hub.setupUrl ?? "");
    const page = await journeys.open(hub, pathname + search + hash, { signedIn: false });

    await page.getByRole("heading", { name: "Set up this hub" }).waitFor();
    expect(await page.getByLabel("Set-up token").count()).toBe(0);
    await expectAccessible(page, "set-up");
    await page.getByLabel("Name of the hub").fill("Mill house");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByLabel("First device").fill("Kitchen plug");
    journeys.expectComplaint(/status of 4\d\d/);
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Set up" }).click();

    await page.getByRole("heading", { name: "Connect your first device" }).waitFor();
    await expectAccessible(page, "first device");
    const shown = async (label: string) => page.getByRole("status", { name: label, exact: true }).innerText();
    const [port, username, password] = [
      await shown("Port"),
      await shown("User name"),
      await shown("Password"),
    ];
    await page.getByRole("button", { name: "Open Millrace" }).click();

    await page.getByRole("heading", { name: "No flow yet" }).waitFor();
    expect(await page.title()).toContain("Mill house");
    await page.getByRole("link", { name: "Devices" }).click();
    const device = page.getByRole("listitem").filter({ hasText: "Kitchen plug" });
    await device.waitFor();
    expect(await page.content()).not.toContain(password);

    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: username, username, password });
    await device.getByText("Online", { exact: true }).waitFor();
    await client.publishAsync(`${username}/temperature`, "21.5");
    await page.getByRole("link", { name: "Topics" }).click();
    await page
      .getByRole("list", { name: "Topics" })
      .getByRole("button", { name: `${username}/temperature` })
      .waitFor();
    await client.endAsync();

    await page.getByRole("link", { name: "Flows" }).click();
    await page.getByRole("button", { name: "New flow" }).click();
    const dialog = page.getByRole("dialog", { name: "New flow" });
    await dialog.getByRole("radio", { name: /Too warm/ }).waitFor();
    await expectAccessible(page, "new flow");
    await dialog.getByText("Too warm").first().click();
    await dialog.getByRole("button", { name: "Create flow" }).click();
    await page.waitForURL(/\/flows\/.+/);
    await page
      .getByRole("application")
      .getByRole("button", { name: /^Threshold:/ })
      .waitFor();
  });

  test("credentials can be copied from another computer too, where browsers give no clipboard", async () => {
    journeys.expectComplaint(/Cross-Origin-Opener-Policy/);
    const lan = { url: hub.url.replace("127.0.0.1", LAN_NAME) };
    const page = await journeys.open(lan, "/devices", { signedIn: false });
    await page.getByLabel("User name").fill("admin");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await page.getByRole("button", { name: "Add device" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Hall lamp");
    await page.keyboard.press("Enter");
    const password = page.getByRole("status", { name: "Password", exact: true });
    const shown = await password.innerText();
    await page.getByRole("button", { name: "Copy password" }).click();
    await page.getByRole("button", { name: "Password copied" }).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.goto(`${lan.url}/topics`);
    const search = page.getByRole("searchbox", { name: "Find topics" });
    await search.press("Control+v");
    expect(await search.inputValue()).toBe(shown);
  });

  test("the set-up link works once", async () => {
    const { pathname, hash } = new URL(hub.setupUrl ?? "");
    const page = await journeys.open(hub, pathname + hash, { signedIn: false });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
