import type { RunSummary } from "#server/api/contract.ts";

/** How a run ended as a word with its tone. */
export function runWord(outcome: RunSummary["outcome"]): {
  readonly tone: "good" | "bad" | "warn";
  readonly text: string;
} {
  switch (outcome) {
    case "ok":
      return { tone: "good", text: "OK" };
    case "failed":
      return { tone: "bad", text: "Failed" };
    case "stopped":
      return { tone: "warn", text: "Stopped" };
  }
}
