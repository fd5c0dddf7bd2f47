import { key, value } from "../../expressions.ts";
import { optional } from "../../field.ts";
import { choice, duration, number, rows } from "../../fields.ts";
import { defineNode } from "../../node.ts";
import { short, valueText } from "../sentences.ts";
import { examples } from "./examples.ts";
import { levelProblems } from "./levelProblems.ts";
import { type ThresholdState, asleep, receiveSample, wakeUp } from "./samples.ts";

const fields = {
  value: value("Value", { default: { var: "payload" }, help: "The number that is watched." }),
  side: choice(
    "Watch for values",
    [
      ["above", "Above the limit"],
      ["below", "Below the limit"],
    ],
    { default: "above" },
  ),
  levels: rows(
    "Levels",
    {
      severity: choice(
        "Severity",
        [
          ["info", "Info"],
          ["warning", "Warning"],
          ["minor", "Minor"],
          ["major", "Major"],
          ["critical", "Critical"],
        ],
        { default: "warning" },
      ),
      set: number("Limit", { help: "Beyond this the level is raised." }),
      clear: optional(
        number("Clears at", {
          help: "A raised level is lowered beyond this; between both limits it stays as it is.",
        }),
      ),
      for: duration("For", { help: "The value must stay beyond the limit this long.", default: "0s" }),
      clearFor: duration("Clear for", { help: "The value must be back this long.", default: "0s" }),
    },
    { minimum: 1, maximum: 5 },
  ),
  silence: choice(
    "If the sensor goes silent",
    [
      ["auto", "Break a running time once three usual intervals pass without a value"],
      ["breaks", "The same; and while the interval is not known, one value alone does not hold"],
      ["holds", "The last value counts on"],
    ],
    {
      help: "A raised level stays raised in any case: a dead sensor is not a cool one.",
      default: "auto",
      advanced: true,
    },
  ),
  initial: choice(
    "A stored value read at the start",
    [
      ["quiet", "Sets the level, tells nobody"],
      ["judge", "Counts like a new one"],
    ],
    { default: "quiet", advanced: true },
  ),
  key: key(),
};

/** Watches a number: raises a level when it stays beyond a limit, clears it when it is back. */
export const threshold = defineNode({
  type: "threshold",
  title: "Threshold",
  summary: "Fires when a number goes beyond a limit and stays there, and again when it is back.",
  group: "logic",
  icon: "chart-no-axes-column-increasing",
  synonyms: ["limit", "alarm", "above", "below", "numeric state", "hysteresis", "too warm", "high", "low"],
  fields,
  ports: ["raise", "ease", "clear"],
  initial: (): ThresholdState => asleep,
  sentence({ value: source = { var: "payload" }, side = "above", levels = [] }) {
    // A draft may lack what the document of a running flow must have.
    const limits = levels
      .filter(({ set }) => set !== undefined)
      .map(({ set, for: span = "0s" }) => (span === "0s" ? `${set}` : `${set} for ${span}`));
    return short(`${valueText(source)} ${side} ${limits.join(", ") || "no limit yet"}`);
  },
  check: ({ levels, side }) => levelProblems(levels, side),
  receive: receiveSample,
  wake: wakeUp,
  examples,
});
