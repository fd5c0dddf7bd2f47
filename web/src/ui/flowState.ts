import type { FlowSummary } from "#server/api/contract.ts";

/** The state of a flow as a word with its tone. */
export function flowState({ status }: Pick<FlowSummary, "status">): {
  readonly tone: "good" | "bad" | "warn" | "off";
  readonly text: string;
} {
  switch (status.state) {
    case "running":
      return { tone: "good", text: "Running" };
    case "off":
      return { tone: "off", text: "Off" };
    case "paused":
      return { tone: "warn", text: "Paused" };
    case "failed":
      return { tone: "bad", text: "Failed" };
    case "draft":
      return { tone: "off", text: "Not deployed" };
  }
}
