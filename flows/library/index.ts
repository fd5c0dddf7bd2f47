import type { FlowDocument } from "../flow.ts";
import buttonToLamp from "./button-to-lamp.json" with { type: "json" };
import dailySummary from "./daily-summary.json" with { type: "json" };
import dayAndNight from "./day-and-night.json" with { type: "json" };
import deviceOffline from "./device-offline.json" with { type: "json" };
import doorOpen from "./door-open.json" with { type: "json" };
import lowBattery from "./low-battery.json" with { type: "json" };
import noData from "./no-data.json" with { type: "json" };
import pressureAlert from "./pressure-alert.json" with { type: "json" };
import publishChanges from "./publish-changes.json" with { type: "json" };
import tooWarm from "./too-warm.json" with { type: "json" };
import washingMachine from "./washing-machine.json" with { type: "json" };
import waterLeak from "./water-leak.json" with { type: "json" };

/** Flows that ship as templates, in the order in which they are offered: one line each. */
export const library = [
  tooWarm,
  deviceOffline,
  noData,
  buttonToLamp,
  dayAndNight,
  pressureAlert,
  dailySummary,
  waterLeak,
  doorOpen,
  washingMachine,
  lowBattery,
  publishChanges,
] as unknown as readonly FlowDocument[];
