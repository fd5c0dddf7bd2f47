import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  chromium,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { findOrInstallChromium } from "../chromium.ts";
import { ADMIN_PASSWORD, type HubProcess } from "../hub/hubProcess.ts";
import { watchPage } from "./complaints.ts";

/** The browser of one file of journeys: each page stands in a context of its own, which ends with its test. */
export interface Journeys {
  /** Opens a page of a hub, signed in as its administrator unless told otherwise. */
  open(hub: Pick<HubProcess, "url">, path: string, options?: OpenOptions): Promise<Page>;
  /** Lets this test go on when the browser complains so, because the test makes it. */
  expectComplaint(pattern: RegExp): void;
}

/** How to open a page. */
export interface OpenOptions extends BrowserContextOptions {
  readonly signedIn?: boolean;
  readonly touch?: boolean;
}

export const DESKTOP = { width: 1440, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;
/** A name under which a hub is reached as from another computer. */
export const LAN_NAME = "hub.test";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Another name of this computer, which browsers do not trust without TLS: what people on the local network have.
  `--host-resolver-rules=MAP ${LAN_NAME} 127.0.0.1`,
];
const WAIT_MAX_MS = 10_000;
const PICTURES = "test-results";

/** Starts Chromium without a window. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findOrInstallChromium(), args: ARGS });
}

/** A context that moves nothing, so that pictures and contrasts are those of the end state. */
export async function openContext(
  browser: Browser,
  { signedIn: _signedIn, touch = false, ...options }: OpenOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: DESKTOP,
    locale: "en-GB",
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    ...(touch && { hasTouch: true, isMobile: true }),
    ...options,
  });
  context.setDefaultTimeout(WAIT_MAX_MS);
  return context;
}

/** Signs a context in as the administrator. */
export async function signContextIn(
  context: BrowserContext,
  { url }: Pick<HubProcess, "url">,
): Promise<void> {
  const answer = await context.request.post(`${url}/api/v1/session`, {
    headers: { "x-millrace": "1" },
    data: { name: "admin", password: ADMIN_PASSWORD },
  });
  if (!answer.ok()) throw new Error(`Signing in failed: ${answer.status()} ${await answer.text()}`);
}

/** Gives a file its browser; whatever a page complains about fails the test that opened it. */
export function useJourneys(): Journeys {
  let browser: Browser | undefined;
  let contexts: BrowserContext[] = [];
  let complaints: string[] = [];
  let expected: RegExp[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  afterEach(async ({ task }) => {
    const [opened, heard, allowed] = [contexts, complaints, expected];
    [contexts, complaints, expected] = [[], [], []];
    if (task.result?.state === "fail") await takePictures(opened, task.name);
    await Promise.all(opened.map((context) => context.close()));
    expect(heard.filter((text) => !allowed.some((pattern) => pattern.test(text)))).toEqual([]);
  });

  return {
    async open(hub, path, options = {}) {
      if (browser === undefined) throw new Error("The browser has not been started.");
      const context = await openContext(browser, options);
      contexts.push(context);
      if (options.signedIn !== false) await signContextIn(context, hub);
      const page = await context.newPage();
      const heard = complaints;
      watchPage(page, hub, (text) => heard.push(text));
      await page.goto(hub.url + path);
      return page;
    },
    expectComplaint: (pattern) => void expected.push(pattern),
  };
}

async function takePictures(contexts: readonly BrowserContext[], name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const pages = contexts.flatMap((context) => context.pages());
  await Promise.all(
    pages.map((page, index) =>
      page.screenshot({ path: join(PICTURES, `${name.replaceAll(/\W+/g, "-")}-${index}.png`) }),
    ),
  );
}
