import type { PresenceState } from "#server/api/contract.ts";

/** The presence of a device as a word with its tone. */
export function presenceWord(state: PresenceState): {
  readonly tone: "good" | "bad" | "warn" | "off";
  readonly text: string;
} {
  switch (state) {
    case "online":
      return { tone: "good", text: "Online" };
    case "offline":
      return { tone: "bad", text: "Offline" };
    case "offline-pending":
      return { tone: "warn", text: "Lost, waiting" };
    case "flapping":
      return { tone: "warn", text: "Flapping" };
    case "sleeping":
      return { tone: "off", text: "Sleeping" };
    case "unknown":
      return { tone: "off", text: "Not seen yet" };
  }
}
