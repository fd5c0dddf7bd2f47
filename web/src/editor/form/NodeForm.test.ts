import { afterEach, describe, expect, test } from "vitest";
import { createApp, defineComponent, h, nextTick, shallowRef } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { TooltipProvider } from "reka-ui";
import { type Fields, optional } from "#flows/field.ts";
import { condition, filters } from "#flows/expressions.ts";
import { choice, duration, flag, number, rows, text } from "#flows/fields.ts";
import { specs } from "../specs.ts";
import NodeForm from "./NodeForm.vue";
import type { FormProblem } from "./formProblem.ts";

let unmount = (): void => undefined;
afterEach(() => unmount());

/** Mounts a form the way the inspector does: what it says is stored, and comes back as its settings. */
function mountForm(
  fields: Fields,
  initial: Record<string, unknown> = {},
  problems: readonly FormProblem[] = [],
) {
  const stored = shallowRef(initial);
  const change = (name: string, value: unknown): void => {
    const { [name]: _old, ...rest } = stored.value;
    stored.value = value === undefined ? rest : { ...rest, [name]: value };
  };
  const page = document.createElement("div");
  document.body.append(page);
  const app = createApp(
    defineComponent(
      () => () =>
        h(TooltipProvider, () => h(NodeForm, { fields, stored: stored.value, problems, onChange: change })),
    ),
  );
  app.use(createRouter({ history: createMemoryHistory(), routes: [{ path: "/:all(.*)*", component: {} }] }));
  app.mount(page);
  unmount = () => {
    app.unmount();
    page.remove();
  };
  return { page, stored };
}

function byLabel(page: HTMLElement, label: string): HTMLInputElement {
  const named = [...page.querySelectorAll("label")].find((element) => element.textContent?.trim() === label);
  const found =
    named === undefined || named.htmlFor === ""
      ? named?.querySelector("input")
      : page.querySelector(`#${CSS.escape(named.htmlFor)}`);
  const element = found ?? page.querySelector(`[aria-label="${label}"]`);
  if (element == null) throw new Error(`Nothing is called ${label}`);
  return element as HTMLInputElement;
}

async function type(element: HTMLInputElement, value: string): Promise<void> {
  element.value = value;
  element.dispatchEvent(new Event("input"));
  element.dispatchEvent(new Event("change"));
  await nextTick();
}

async function press(page: HTMLElement, name: string): Promise<void> {
  const button = [...page.querySelectorAll("button")].find(
    (element) => element.textContent?.trim() === name || element.getAttribute("aria-label") === name,
  );
  if (button === undefined) throw new Error(`No button is called ${name}`);
  button.click();
  await nextTick();
}

describe("a form from fields", () => {
  test("stores what is typed and forgets what equals the default", async () => {
    const { page, stored } = mountForm({
      name: text("Name"),
      limit: number("Limit", { default: 5 }),
      wait: duration("Wait", { default: "30s" }),
    });
    await type(byLabel(page, "Name"), "North");
    await type(byLabel(page, "Limit"), "7,5");
    await type(byLabel(page, "Wait"), "2 min");
    expect(stored.value).toEqual({ name: "North", limit: 7.5, wait: "2m" });
    await type(byLabel(page, "Limit"), "5");
    await type(byLabel(page, "Name"), "");
    expect(stored.value).toEqual({ wait: "2m" });
  });

  test("keeps what is no number, so that the check can say what is wrong with it", async () => {
    const { page, stored } = mountForm({ limit: number("Limit") });
    await type(byLabel(page, "Limit"), "warm");
    expect(stored.value).toEqual({ limit: "warm" });
  });

  test("shows a problem at its field, also in a row", () => {
    const { page } = mountForm(
      { levels: rows("Levels", { set: number("Limit") }, { minimum: 1, maximum: 3 }) },
      { levels: [{}, {}] },
      [{ path: "/levels/1/set", message: "Limit is missing.", severity: "error" }],
    );
    const second = page.querySelector('[aria-label="Level 2"]');
    expect(second?.textContent).toContain("Limit is missing.");
    expect(page.querySelector('[aria-label="Level 1"]')?.textContent).not.toContain("Limit is missing.");
  });

  test("shows a field only while another one asks for it, and folds away the advanced ones", async () => {
    const { page } = mountForm({
      mode: choice(
        "Mode",
        [
          ["a", "First"],
          ["b", "Second"],
        ],
        { default: "a" },
      ),
      more: text("More", { showIf: { field: "mode", is: ["b"] } }),
      rare: optional(flag("Rare", { advanced: true })),
    });
    expect(() => byLabel(page, "More")).toThrow("Nothing is called More");
    byLabel(page, "Second").click();
    await nextTick();
    expect(byLabel(page, "More")).toBeTruthy();
    expect(() => byLabel(page, "Rare")).toThrow("Nothing is called Rare");
    await press(page, "More settings");
    expect(byLabel(page, "Rare")).toBeTruthy();
  });

  test("lets lists grow and shrink", async () => {
    const { page, stored } = mountForm({ filters: filters("Topics", { maximum: 3 }) });
    await type(byLabel(page, "Topics"), "a/+");
    await press(page, "Add topic");
    await type(byLabel(page, "Topics 2"), "b/#");
    expect(stored.value).toEqual({ filters: ["a/+", "b/#"] });
    await press(page, "Remove a/+");
    expect(stored.value).toEqual({ filters: ["b/#"] });
  });
});

describe("a condition", () => {
  test("is built row by row and stored with its guard", async () => {
    const { page, stored } = mountForm({ when: condition("When") });
    await press(page, "Add condition");
    await type(byLabel(page, "Field 1"), "payload.celsius");
    const comparison = byLabel(page, "Comparison 1");
    await type(comparison, "above");
    await type(byLabel(page, "Value 1"), "20");
    expect(stored.value).toEqual({
      when: {
        and: [{ "!==": [{ var: "payload.celsius" }, null] }, { ">": [{ var: "payload.celsius" }, 20] }],
      },
    });
    await press(page, "Remove condition 1");
    expect(stored.value).toEqual({});
  });

  test("that the builder cannot show stays as it is while others are edited", async () => {
    const custom = { ">": [{ length: [{ var: "payload.list" }] }, 2] };
    const { page, stored } = mountForm(
      { when: condition("When") },
      { when: { and: [custom, { "==": [{ var: "topic" }, "a"] }] } },
    );
    await type(byLabel(page, "Value 2"), "b");
    expect(stored.value).toEqual({ when: { and: [custom, { "==": [{ var: "topic" }, "b"] }] } });
  });

  test("can be written as JSON", async () => {
    const { page, stored } = mountForm({ when: condition("When") });
    await press(page, "Show as JSON");
    await type(byLabel(page, "When"), '{"var":"payload.on"}');
    expect(stored.value).toEqual({ when: { var: "payload.on" } });
  });
});

test("every node type has a form, with its examples filled in", () => {
  for (const { fields, examples } of specs) {
    for (const config of [{}, ...examples.map((example) => example.config as Record<string, unknown>)]) {
      const { page } = mountForm(fields as Fields, config);
      expect(page.querySelectorAll(".field").length).toBeGreaterThan(0);
      unmount();
    }
  }
});
