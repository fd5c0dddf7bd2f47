import type { MqttClient } from "mqtt";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlowDetail } from "../../server/api/contract.ts";
import { tooWarm } from "../hub/flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  connectAs,
  eventually,
  nextMessage,
  removeFolder,
  signIn,
  startHub,
} from "../hub/hubProcess.ts";
import { expectAccessible } from "./accessibility.ts";
import { useJourneys } from "./browser.ts";
import { type EditorSteps, newBlankFlow, stepsOf } from "./editorSteps.ts";

/** The flow that the journey draws, as the hub should store it. */
const DRAWN = {
  nodes: {
    "mqtt-in": { type: "mqtt-in", config: { filters: ["coldstore/{room}/temperature"] } },
    threshold: {
      type: "threshold",
      config: { value: { var: "payload.celsius" }, levels: [{ set: 6, clear: 5.5 }] },
    },
    publish: { type: "publish", config: { topic: "lamp/{{params.room}}/set", payload: "on" } },
    notify: {
      type: "notify",
      config: { title: "{{params.room}} is too warm", text: "{{payload.celsius}} °C" },
    },
  },
  wires: [
    { from: "mqtt-in", to: "threshold" },
    { from: "threshold", to: "publish" },
    { from: "threshold", to: "notify" },
  ],
};

describe("a flow drawn by hand", () => {
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

  const draftOf = async (page: Page) => {
    const id = new URL(page.url()).pathname.split("/").at(-1);
    return (await api<FlowDetail>("GET", `/flows/${id}`)).body.draft;
  };

  test("goes from an empty canvas to a message on the wire, one at a client and one in the inbox", async () => {
    const page = await journeys.open(hub, "/flows");
    await newBlankFlow(page, "Too warm by hand");
    const steps = stepsOf(page);
    await drawNodes(steps);
    await fillIn(steps);
    await connect(page, steps);
    await steps.saved();
    const drawn = await eventually(
      () => draftOf(page),
      ({ wires }) => wires.length === 3,
    );
    expect(drawn).toMatchObject(DRAWN);
    await expectAccessible(page, "a whole flow with settings open");

    await undoAll(page);
    await page.getByRole("heading", { name: "Start with a trigger" }).waitFor();
    await redoAll(page);
    expect(
      await eventually(
        () => draftOf(page),
        ({ wires }) => wires.length === 3,
      ),
    ).toEqual(drawn);

    await steps.deploy.click();
    await page.getByRole("button", { name: "Deployed" }).waitFor();
    await seeItWork(page, steps);
  });

  async function seeItWork(page: Page, steps: EditorSteps): Promise<void> {
    const lamp = await connectAs(await addDevice(api, "Lamp"), hub);
    const sensor = await connectAs(await addDevice(api, "Sensor"), hub);
    await lamp.subscribeAsync("lamp/+/set", { qos: 1 });
    const lit = nextMessage(lamp, "lamp/north/set");
    await report(sensor, 4.2);
    await report(sensor, 7.9);
    expect(await lit).toBe("on");
    await steps.onWire("mqtt-in.out").getByText("7.9").waitFor();
    await steps.onWire("threshold.raise").first().waitFor();
    await page.getByRole("link", { name: "Inbox, 1 unread" }).click();
    const notice = page.getByRole("listitem", { name: /north is too warm/ });
    await notice.getByText("7.9 °C").waitFor();
    await notice.getByRole("button", { name: "Mark as read" }).click();
    await page.getByRole("link", { name: "Inbox", exact: true }).waitFor();
    await Promise.all([lamp.endAsync(), sensor.endAsync()]);
  }

  test("says what is missing, and Deploy leads to it", async () => {
    const page = await journeys.open(hub, "/flows");
    await newBlankFlow(page, "Not ready");
    const steps = stepsOf(page);
    await steps.addAt("mqtt in", { x: 200, y: 300 });
    await steps.settings("MQTT in");
    await page.getByText("Topics is missing.").first().waitFor();
    await page.getByRole("button", { name: "1 problem" }).click();
    const problems = page.getByRole("tabpanel", { name: /Problems/ });
    await problems.getByText("Topics is missing.").waitFor();
    await expectAccessible(page, "problems");
  });

  test("survives a reload with all that was drawn", async () => {
    const page = await journeys.open(hub, "/flows");
    await newBlankFlow(page, "Survivor");
    const steps = stepsOf(page);
    await steps.addAt("inject", { x: 200, y: 200 });
    const settings = await steps.settings("Inject");
    // Letter by letter: a field that tidies up what is typed must not eat the spaces.
    await settings.getByRole("textbox", { name: "Name", exact: true }).pressSequentially("Front door bell");
    const name = page.getByRole("textbox", { name: "Name of the flow" });
    await name.press("End");
    await name.pressSequentially(" of doorbells");
    await page.reload();
    await steps.node("Front door bell").waitFor();
    expect(await name.inputValue()).toBe("Survivor of doorbells");
  });

  test("keeps each letter that is typed into a form", async () => {
    const page = await journeys.open(hub, "/flows");
    await newBlankFlow(page, "Letters");
    const steps = stepsOf(page);
    await steps.addAt("threshold", { x: 100, y: 100 });
    const threshold = await steps.settings("Threshold");
    await expectKept(threshold.getByRole("textbox", { name: "Limit" }), ["5.5", "-0.05", "1.05"]);
    await expectKept(threshold.getByRole("textbox", { name: "For", exact: true }), ["90 s", "1h30m"]);
    await expectKept(threshold.getByRole("combobox", { name: "Value", exact: true }), ["payload.list[0].t"]);
    await steps.addAt("publish", { x: 500, y: 400 });
    const publish = await steps.settings("Publish");
    await publish.getByLabel("Payload: kind of value").selectOption("Fixed value");
    const payloads = ["on", "1.05", "-0.5", "true", "null", "hello world"];
    await expectKept(publish.getByRole("textbox", { name: "Payload" }), payloads);
    await publish.getByLabel("Payload: kind of value").selectOption("JSON or rule");
    await expectKept(publish.getByRole("textbox", { name: "Payload" }), ['{ "a": [1.50, {}] }']);
  });

  test("copies and pastes two nodes with the wire between them", async () => {
    const { page, steps } = await openTooWarm("Copied");
    await steps.node("MQTT in").click();
    await steps.node("Threshold").click({ modifiers: ["Shift"] });
    await page.keyboard.press("Control+c");
    await page.keyboard.press("Control+v");
    const pasted = await eventually(
      () => draftOf(page),
      ({ nodes }) => Object.keys(nodes).length === 6,
    );
    expect(pasted.wires).toHaveLength(4);
    const types = Object.values(pasted.nodes).map(({ type }) => type);
    expect(types.toSorted()).toEqual(["mqtt-in", "mqtt-in", "notify", "publish", "threshold", "threshold"]);
  });

  test("heals the wire over a deleted node", async () => {
    const page = await journeys.open(hub, "/flows");
    await newBlankFlow(page, "Healing");
    const steps = stepsOf(page);
    await steps.addAt("inject", { x: 60, y: 200 });
    for (const words of ["delay", "log"]) {
      await page.keyboard.press("n");
      await steps.pick(words);
    }
    await eventually(
      () => draftOf(page),
      ({ wires }) => wires.length === 2,
    );
    await steps.node("Delay").click();
    await page.keyboard.press("Delete");
    const healed = await eventually(
      () => draftOf(page),
      ({ nodes }) => Object.keys(nodes).length === 2,
    );
    expect(healed.wires).toEqual([{ from: "inject", to: "log" }]);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-node"))).toBe("inject");
  });

  test("refuses a wire that would close a circle, and says why", async () => {
    const page = await journeys.open(hub, "/flows");
    await newBlankFlow(page, "Circle");
    const steps = stepsOf(page);
    await steps.addAt("delay", { x: 60, y: 200 });
    await page.keyboard.press("n");
    await steps.pick("throttle");
    await eventually(
      () => draftOf(page),
      ({ wires }) => wires.length === 1,
    );
    await steps.drawWire(["Throttle", "out"], "Delay");
    await page
      .getByText(/circle|loop/i)
      .first()
      .waitFor();
    await steps.saved();
    expect((await draftOf(page)).wires).toHaveLength(1);
  });

  test("runs its own tests on the draft", async () => {
    const { page } = await openTooWarm("Tested");
    await page.getByRole("tab", { name: /^Tests/ }).click();
    await page.getByRole("button", { name: "Edit tests" }).click();
    await page.getByLabel("Tests as JSON").fill(JSON.stringify([warmTest("lamp"), warmTest("tell")]));
    await page.getByRole("button", { name: "Keep" }).click();
    await page.getByRole("button", { name: "Run tests" }).click();
    const rows = page.getByRole("list", { name: "Tests" }).getByRole("listitem");
    await rows.filter({ hasText: "only lamp" }).getByText("fails").waitFor();
    await expectAccessible(page, "tests");
    await page.getByRole("button", { name: "Edit tests" }).click();
    await page.getByLabel("Tests as JSON").fill(JSON.stringify([warmTest("lamp", "tell")]));
    await page.getByRole("button", { name: "Keep" }).click();
    await page.getByRole("button", { name: "Run tests" }).click();
    await rows.filter({ hasText: "only lamp and tell" }).getByText("passes").waitFor();
  });

  async function openTooWarm(name: string): Promise<{ readonly page: Page; readonly steps: EditorSteps }> {
    const { body } = await api<{ id: string }>("POST", "/flows", {
      document: { ...tooWarm(), id: name.toLowerCase(), name },
    });
    const page = await journeys.open(hub, `/flows/${body.id}`);
    return { page, steps: stepsOf(page) };
  }
});

async function drawNodes(steps: EditorSteps): Promise<void> {
  await steps.addAt("mqtt in", { x: 200, y: 300 });
  await steps.addAt("threshold", { x: 500, y: 300 });
  await steps.addAt("publish", { x: 600, y: 200 });
  await steps.addAt("notify", { x: 600, y: 500 });
}

/** Letter by letter, as people do: a form that tidies up what is typed must not eat any of it. */
async function fillIn(steps: EditorSteps): Promise<void> {
  await (
    await steps.settings("MQTT in")
  )
    .getByLabel("Topics")
    .pressSequentially("coldstore/{room}/temperature");
  const threshold = await steps.settings("Threshold");
  const value = threshold.getByRole("combobox", { name: "Value", exact: true });
  await value.press("End");
  await value.pressSequentially(".celsius");
  await threshold.getByRole("textbox", { name: "Limit" }).pressSequentially("6");
  await threshold.getByRole("textbox", { name: "Clears at" }).pressSequentially("5.5");
  const publish = await steps.settings("Publish");
  await publish.getByRole("textbox", { name: "Topic" }).pressSequentially("lamp/{{params.room}}/set");
  await publish.getByLabel("Payload: kind of value").selectOption("Fixed value");
  await publish.getByRole("textbox", { name: "Payload" }).pressSequentially("on");
  const notify = await steps.settings("Notify");
  await notify.getByRole("textbox", { name: "Title" }).pressSequentially("{{params.room}} is too warm");
  await notify.getByRole("textbox", { name: "Text" }).pressSequentially("{{payload.celsius}} °C");
}

/** Two wires with the mouse, one with the keyboard. */
async function connect(page: Page, steps: EditorSteps): Promise<void> {
  await steps.drawWire(["MQTT in", "out"], "Threshold");
  await steps.drawWire(["Threshold", "raise"], "Publish");
  await steps.node("Threshold").focus();
  await page.keyboard.press("c");
  const dialog = page.getByRole("dialog", { name: "Connect Threshold" });
  await dialog.getByLabel("Output").selectOption("raise");
  await dialog.getByRole("button", { name: "Notify" }).press("Enter");
  await dialog.waitFor({ state: "detached" });
}

async function expectKept(input: Locator, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await input.fill("");
    await input.pressSequentially(text);
    expect(await input.inputValue()).toBe(text);
  }
}

async function undoAll(page: Page): Promise<void> {
  const undo = page.getByRole("button", { name: /^Undo: / });
  while ((await undo.count()) > 0) await undo.click();
}

async function redoAll(page: Page): Promise<void> {
  const redo = page.getByRole("button", { name: /^Redo: / });
  while ((await redo.count()) > 0) await redo.click();
}

async function report(sensor: MqttClient, celsius: number): Promise<void> {
  await sensor.publishAsync("coldstore/north/temperature", JSON.stringify({ celsius }), { qos: 1 });
}

function warmTest(...nodes: readonly string[]) {
  return {
    name: `only ${nodes.join(" and ")}`,
    given: [{ at: "0s", topic: "coldstore/north/temperature", payload: { celsius: 7 } }],
    expect: nodes.map((node) => ({ at: "0s", node, effect: node === "lamp" ? "publish" : "notify" })),
  };
}
