import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeviceSummary } from "../../server/api/contract.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  removeFolder,
  signIn,
  startHub,
} from "../hub/hubProcess.ts";
import { useJourneys } from "./browser.ts";

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

test("a device can be renamed, narrowed to its own topics, and given more patience", async () => {
  const { id } = await addDevice(api, "Garden sensor");
  const page = await journeys.open(hub, "/devices");
  await page.getByRole("button", { name: "Actions for Garden sensor" }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings of Garden sensor" });
  await dialog.getByLabel("Offline after").fill("soon");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Write a time such as 30s or 5m.").waitFor();
  await dialog.getByLabel("Offline after").fill("2m");
  await dialog.getByLabel("Name").fill("Greenhouse");
  await dialog.getByLabel("What it may use").selectOption({ label: "Its own topics only" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByText("Greenhouse").waitFor();
  const { body } = await api<DeviceSummary>("GET", `/devices/${id}`);
  expect(body).toMatchObject({ name: "Greenhouse", preset: "own", graceMs: 120_000 });
});
