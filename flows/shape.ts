import { SLUG } from "./slug.ts";
import { limits } from "./limits.ts";
import { parseDuration } from "./logic/duration.ts";
import { type Problem, pointer, quoted } from "./problem.ts";

type Check = (value: unknown, path: string, report: (path: string, message: string) => void) => void;

/**
 * Checks that a document has the shape of a flow: known keys, right types, slugs as ids, limits. What its nodes mean
 * is checked by `validateFlow`.
 */
export function documentProblems(document: unknown): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string) => {
    const [, part, node] = path.split("/");
    problems.push({
      code: "document.shape",
      severity: "error",
      ...(part === "nodes" && node !== undefined && { node }),
      path,
      message,
    });
  };
  flowShape(document, "", report);
  return problems;
}

const text =
  (lengthMax: number, lengthMin = 0): Check =>
  (value, path, report) => {
    if (typeof value !== "string") report(path, `${name(path)} must be a text, not ${quoted(value)}.`);
    else if (value.length > lengthMax || value.length < lengthMin)
      report(
        path,
        `${name(path)} must have ${lengthMin} to ${lengthMax} characters; it has ${value.length}.`,
      );
  };

const slug: Check = (value, path, report) => {
  if (typeof value !== "string" || !SLUG.test(value))
    report(
      path,
      `${name(path)} must be made of a-z, 0-9 and hyphens, at most 64, such as "too-warm", not ${quoted(value)}.`,
    );
};

const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, path, report) => {
    if (!allowed.includes(value))
      report(
        path,
        `${name(path)} must be ${allowed.map((item) => quoted(item)).join(" or ")}, not ${quoted(value)}.`,
      );
  };

const span: Check = (value, path, report) => {
  if (typeof value !== "string" || parseDuration(value) === undefined)
    report(path, `${name(path)} must be a time span such as 90s or 2m, not ${quoted(value)}.`);
};

const instant: Check = (value, path, report) => {
  if (typeof value !== "string" || Number.isNaN(Date.parse(value)))
    report(path, `${name(path)} must be a date and time such as 2026-01-01T00:00:00Z, not ${quoted(value)}.`);
};

const record: Check = (value, path, report) => {
  if (!isRecord(value)) report(path, `${name(path)} must be an object, not ${quoted(value)}.`);
};

const anything: Check = () => {};

const place: Check = (value, path, report) => {
  if (!Array.isArray(value) || value.length !== 2 || value.some((number) => !Number.isFinite(number)))
    report(path, `${name(path)} must be two numbers, [x, y], not ${quoted(value)}.`);
};

const list =
  (item: Check, countMax: number): Check =>
  (value, path, report) => {
    if (!Array.isArray(value)) return report(path, `${name(path)} must be a list, not ${quoted(value)}.`);
    if (value.length > countMax)
      return report(path, `${name(path)} has ${value.length} entries; at most ${countMax} are allowed.`);
    value.forEach((entry, index) => item(entry, path + pointer(index), report));
  };

const dictionary =
  (key: Check, item: Check, countMax: number): Check =>
  (value, path, report) => {
    if (!isRecord(value)) return report(path, `${name(path)} must be an object, not ${quoted(value)}.`);
    const entries = Object.entries(value);
    if (entries.length > countMax)
      return report(path, `${name(path)} has ${entries.length} entries; at most ${countMax} are allowed.`);
    for (const [id, entry] of entries) {
      key(id, path + pointer(id), report);
      item(entry, path + pointer(id), report);
    }
  };

const object =
  (required: Readonly<Record<string, Check>>, more: Readonly<Record<string, Check>> = {}): Check =>
  (value, path, report) => {
    if (!isRecord(value)) return report(path, `${name(path)} must be an object, not ${quoted(value)}.`);
    const checks = { ...required, ...more };
    for (const key of Object.keys(value))
      if (!Object.hasOwn(checks, key))
        report(
          path + pointer(key),
          `${name(path)} has no field ${quoted(key)}; the fields are ${Object.keys(checks).join(", ")}.`,
        );
    for (const [key, check] of Object.entries(checks)) {
      if (value[key] !== undefined) check(value[key], path + pointer(key), report);
      else if (Object.hasOwn(required, key))
        report(path + pointer(key), `${name(path)} lacks its field "${key}".`);
    }
  };

const yesOrNo = oneOf(true, false);

const flowNode = object({ type: text(64, 1) }, { name: text(120), disabled: yesOrNo, config: record });

const testEvent = object(
  { at: span },
  {
    topic: text(1024, 1),
    payload: anything,
    qos: oneOf(0, 1, 2),
    retain: yesOrNo,
    initial: yesOrNo,
    device: text(128, 1),
    presence: oneOf("online", "offline", "recovered", "flapping", "steady", "sleeping"),
    node: slug,
    restart: span,
  },
);

const expectedEffect = object({ node: slug, effect: text(64, 1) }, { at: span, with: record });

const flowTest = object(
  { name: text(200, 1), given: list(testEvent, 10_000), expect: list(expectedEffect, 10_000) },
  { start: instant, zone: text(64, 1), until: span },
);

const flowShape = object(
  {
    millrace: oneOf(1),
    id: slug,
    name: text(120, 1),
    nodes: dictionary(slug, flowNode, limits.nodesPerFlow),
    wires: list(object({ from: text(160, 1), to: text(160, 1) }), limits.wiresPerFlow),
  },
  {
    description: text(2_000),
    layout: dictionary(slug, place, limits.nodesPerFlow),
    tests: list(flowTest, limits.testsPerFlow),
  },
);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What to call the place in a sentence. */
function name(path: string): string {
  if (path === "") return "The flow";
  const last = path
    .slice(path.lastIndexOf("/") + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
  return `"${last}"`;
}
