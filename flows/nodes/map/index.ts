import { mapping } from "../../expressions.ts";
import { flag, rows } from "../../fields.ts";
import { formatPath } from "../../logic/path.ts";
import { withPayload } from "../../message.ts";
import { type SettingProblem, defineNode, emit } from "../../node.ts";
import { isRecord } from "../isRecord.ts";
import { path } from "../pathField.ts";
import { short } from "../sentences.ts";
import { without } from "./without.ts";

const fields = {
  set: mapping("Set", {
    help: 'Fields of the new payload: constants, texts with {{...}}, or rules as {"$rule": ...}. A missing input gives null.',
    default: {},
  }),
  keep: flag("Keep the other fields", {
    help: "Off: the new payload holds only what is set here.",
    default: true,
  }),
  remove: rows(
    "Remove",
    { path: path("Field", { placeholder: "payload.raw" }) },
    { minimum: 0, maximum: 50, default: [], advanced: true },
  ),
};

/** Makes a new payload from the fields of the message. */
export const map = defineNode({
  type: "map",
  title: "Map",
  summary: "Makes a new payload: sets fields, computes fields, takes fields away.",
  group: "transform",
  icon: "arrow-right-left",
  synonyms: ["change", "set", "transform", "function", "edit fields", "convert", "calculate"],
  fields,
  ports: ["out"],
  sentence: ({ set = {}, keep, remove = [] }) => {
    const names = Object.keys(set).join(", ");
    const removed = remove.length > 0 ? `remove ${remove.map((row) => row.path).join(", ")}` : "";
    const made = names === "" ? "" : keep === false ? `only ${names}` : `set ${names}`;
    return short([made, removed].filter(Boolean).join("; ")) || "nothing yet";
  },
  check: ({ remove }) =>
    remove.flatMap(({ path: keys }, index) => pathProblems(keys, `remove/${index}/path`)),
  receive(message, { set, keep, remove }, { budget }) {
    const rest = remove.reduce((value, { path: [, ...keys] }) => without(value, keys), message.payload);
    const made = set.build(message, budget);
    const payload = keep && isRecord(rest) ? { ...rest, ...made } : made;
    return { commands: [emit("out", withPayload(message, payload))] };
  },
  examples: [
    {
      title: "One field more, computed from another",
      config: { set: { b: { $rule: { "+": [{ var: "payload.a" }, 1] } } } },
      steps: [
        { payload: { a: 1 }, gives: [["out", { a: 1, b: 2 }]] },
        { payload: { c: 5 }, gives: [["out", { c: 5, b: null }]] },
      ],
    },
    {
      title: "A payload that holds only what a display needs",
      config: {
        keep: false,
        set: {
          text: "{{params.room}} {{payload.t | round: 1}} °C",
          unit: { kind: "celsius" },
          value: "{{payload.t}}",
        },
      },
      steps: [
        {
          payload: { t: 21.57, battery: 80 },
          gives: [["out", { text: " 21.6 °C", unit: { kind: "celsius" }, value: 21.57 }]],
        },
      ],
    },
    {
      title: "Fields are taken away, also inner ones; others stay untouched",
      config: { set: {}, remove: [{ path: "payload.raw" }, { path: "payload.meta.rssi" }] },
      steps: [
        {
          payload: { t: 1, raw: "ff", meta: { rssi: -60, id: 7 } },
          gives: [["out", { t: 1, meta: { id: 7 } }]],
        },
        { payload: { t: 2 }, gives: [["out", { t: 2 }]] },
      ],
    },
    {
      title: "An item of a list",
      config: { remove: [{ path: "payload.list[0]" }, { path: "payload.list[7].t" }] },
      steps: [{ payload: { list: [1, 2] }, gives: [["out", { list: [2] }]] }],
    },
    {
      title: "A bare number becomes an object",
      config: { set: { celsius: { $rule: { "/": [{ "-": [{ var: "payload" }, 32] }, 1.8] } } } },
      steps: [{ payload: 212, gives: [["out", { celsius: 100 }]] }],
    },
  ],
});

function pathProblems(keys: readonly string[], at: string): readonly SettingProblem[] {
  if (keys[0] === "payload" && keys.length > 1) return [];
  const message = `Only fields of the payload can be removed, such as payload.raw, not "${formatPath(keys)}".`;
  return [{ path: at, message }];
}
