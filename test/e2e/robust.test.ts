import type { MqttClient } from "mqtt";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlowDetail, NotificationPage } from "../../server/api/contract.ts";
import { tooWarm } from "../hub/flows.ts";
import {
  ADMIN_PASSWORD,
  type ApiClient,
  type HubProcess,
  addDevice,
  connectAs,
  deploy,
  eventually,
  removeFolder,
  signIn,
  startHub,
} from "../hub/hubProcess.ts";
import { useJourneys } from "./browser.ts";
import { stepsOf } from "./editorSteps.ts";

/** What a browser says by itself when a hub is away. */
const HUB_AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/;
const BANNER_AFTER_MS = 20_000;
/** Texts that would run, break out or vanish if they were ever taken for markup. */
const HOSTILE = [
  `<img src=x onerror="window.wasRun=1">`,
  `"><script>window.wasRun=1</script>`,
  `<svg onload=window.wasRun=1>`,
  `javascript:window.wasRun=1`,
  `Hello {{constructor.constructor('window.wasRun=1')()}}`,
];

describe("an editor in bad circumstances", () => {
  const journeys = useJourneys();
  let hub: HubProcess;
  let api: ApiClient;

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
  });
  afterAll(async () => {
    await hub.stop();
    removeFolder(hub.folder);
  });

  test("a restart of the hub shows a banner, and no edit is lost", async () => {
    journeys.expectComplaint(HUB_AWAY);
    const first = await startHub();
    const { folder, mqttPort, url } = first;
    await create("restarted", await signIn(first));
    const page = await journeys.open(first, "/flows/restarted");
    const steps = stepsOf(page);
    const banner = page.getByText("The connection to the hub is lost.");
    await steps.node("Notify").waitFor();
    await first.stop("SIGKILL");
    await rename(page, "Notify", "Tell the night shift");
    await banner.waitFor({ timeout: BANNER_AFTER_MS });
    const ports = ["--http-port", new URL(url).port, "--mqtt-port", String(mqttPort)];
    const second = await startHub({ folder, args: ports });
    await banner.waitFor({ state: "detached", timeout: BANNER_AFTER_MS });
    await steps.saved();
    const restarted = await (await signIn(second))<FlowDetail>("GET", "/flows/restarted");
    expect(restarted.body.draft.nodes["tell"]?.name).toBe("Tell the night shift");
    await page.reload();
    await steps.node("Tell the night shift").waitFor();
    await second.stop();
    removeFolder(folder);
  });

  test("of two editors, the one that saves later is told, and keeps its edits", async () => {
    journeys.expectComplaint(/status of 412|ERR_INTERNET_DISCONNECTED/);
    await create("shared");
    const [anna, ben] = await Promise.all([
      journeys.open(hub, "/flows/shared"),
      journeys.open(hub, "/flows/shared"),
    ]);
    await stepsOf(ben).node("Notify").waitFor();
    // Ben cannot save before Anna has.
    await ben.context().setOffline(true);
    await rename(ben, "Notify", "From Ben");
    await rename(anna, "Publish", "From Anna");
    await stepsOf(anna).saved();
    await ben.context().setOffline(false);
    await ben
      .getByRole("alert")
      .getByText("Somebody else has changed this flow")
      .waitFor({ timeout: 20_000 });
    await stepsOf(ben).node("From Ben").waitFor();
    await ben.getByRole("button", { name: "Keep mine" }).click();
    await stepsOf(ben).saved();
    const mine = (await api<FlowDetail>("GET", "/flows/shared")).body.draft;
    expect(mine.nodes["tell"]?.name).toBe("From Ben");
  });

  test("an open editor takes over what another one saves while it has no edits of its own", async () => {
    await create("followed");
    const [writer, reader] = await Promise.all([
      journeys.open(hub, "/flows/followed"),
      journeys.open(hub, "/flows/followed"),
    ]);
    await rename(writer, "Notify", "Seen by both");
    await stepsOf(reader).node("Seen by both").waitFor();
  });

  test("a wrong password is said, and the right one leads to where one wanted to go", async () => {
    journeys.expectComplaint(/status of 401/);
    const page = await journeys.open(hub, "/devices", { signedIn: false });
    await page.getByLabel("User name").fill("admin");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page
      .getByText(/password/i)
      .filter({ hasText: /wrong|not right|do not/i })
      .waitFor();
    await page.getByLabel("Password").fill(ADMIN_PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Devices" }).waitFor();
  });

  test("a session that is ended elsewhere leads to the login", async () => {
    journeys.expectComplaint(/status of 401|WebSocket connection/);
    const page = await journeys.open(hub, "/flows");
    await page.getByRole("heading", { name: "Flows" }).waitFor();
    await page.context().request.delete(`${hub.url}/api/v1/session`, { headers: { "x-millrace": "1" } });
    await page.getByRole("link", { name: "Devices" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("hostile names, topics and payloads are shown as text, and nothing runs", async () => {
    const clients: MqttClient[] = [];
    const flows: string[] = [];
    for (const [index, text] of HOSTILE.entries()) {
      const device = await addDevice(api, text);
      const client = await connectAs(device, hub);
      clients.push(client);
      flows.push(await deploy(api, hostileFlow(index, text)));
      await client.publishAsync(`hostile/${index}/${text.replaceAll(/[+#]/g, "")}`, text, {
        qos: 1,
        retain: true,
      });
    }
    await eventually(
      async () => (await api<NotificationPage>("GET", "/notifications")).body.items,
      (items) => HOSTILE.every((text) => items.some(({ title }) => title.includes(text.slice(0, 20)))),
    );
    const page = await journeys.open(hub, "/flows");
    const paths = ["/flows", "/devices", "/topics", "/inbox", "/runs", ...flows.map((id) => `/flows/${id}`)];
    for (const path of paths) {
      await page.goto(hub.url + path);
      await page.waitForLoadState("networkidle");
      const [, , id] = path.split("/");
      const text = HOSTILE[id === undefined ? 0 : flows.indexOf(id)] ?? "";
      const shown =
        path === "/runs" ? page.getByRole("option", { name: text }) : page.getByText(text).first();
      await shown.waitFor({ state: path === "/runs" ? "attached" : "visible" });
      expect(await page.evaluate(() => "wasRun" in window), path).toBe(false);
      expect(await page.locator("main :is(img, script, svg[onload])").count(), path).toBe(0);
    }
    await Promise.all(clients.map((client) => client.endAsync()));
  });

  async function create(id: string, at = api): Promise<void> {
    const { status } = await at("POST", "/flows", { document: { ...tooWarm(), id, name: id } });
    expect(status).toBe(201);
  }
});

async function rename(page: Page, from: string, to: string): Promise<void> {
  const panel = await stepsOf(page).settings(from);
  await panel.getByRole("textbox", { name: "Name", exact: true }).fill(to);
  await stepsOf(page).node(to).waitFor();
}

/** Every text of it is hostile. */
function hostileFlow(index: number, text: string) {
  return {
    millrace: 1,
    id: `hostile-${index}`,
    name: text,
    description: text,
    nodes: {
      in: { type: "mqtt-in", name: text, config: { filters: [`hostile/${index}/#`] } },
      tell: { type: "notify", name: text, config: { title: "{{payload}}", text: "{{topic}}" } },
    },
    wires: [{ from: "in", to: "tell" }],
  };
}
