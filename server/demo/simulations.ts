/** A simulated device: what it says, how often, and when it drops off the network. */
export interface Simulation {
  readonly name: string;
  readonly area: string;
  readonly everyMs: number;
  /** What it publishes `seconds` after the start of the demo; `noise` is from -1 to 1. */
  readonly messages: (seconds: number, noise: () => number) => readonly SimulatedMessage[];
  /** Topic of its availability, whose Last Will says `offline`. */
  readonly availability: string;
  /** It is there for so long, then its connection dies for so long. */
  readonly dropsOff?: { readonly afterMs: number; readonly forMs: number };
}

export interface SimulatedMessage {
  readonly topic: string;
  readonly payload: string;
}

/** One temperature wave of a cold store. */
const WAVE_SECONDS = 90;

/** The devices of the demo. */
export const simulations: readonly Simulation[] = [
  {
    name: "Cold store north",
    area: "Warehouse",
    everyMs: 2_000,
    availability: "coldstore/north/status",
    messages: (seconds, noise) => [
      {
        topic: "coldstore/north/temperature",
        payload: JSON.stringify({ celsius: coldStore(seconds, noise), door: "closed" }),
      },
    ],
  },
  {
    name: "Cold store south",
    area: "Warehouse",
    everyMs: 3_000,
    availability: "coldstore/south/status",
    messages: (_seconds, noise) => [
      {
        topic: "coldstore/south/temperature",
        payload: JSON.stringify({ celsius: round(3.4 + noise() * 0.3), door: "closed" }),
      },
    ],
  },
  {
    name: "Kitchen plug",
    area: "Kitchen",
    everyMs: 4_000,
    availability: "tele/kitchen-plug/LWT",
    messages: (seconds, noise) => [
      {
        topic: "tele/kitchen-plug/SENSOR",
        payload: JSON.stringify({
          ENERGY: { Power: seconds % 60 < 30 ? Math.round(1_840 + noise() * 60) : 2, Voltage: 231 },
        }),
      },
    ],
  },
  {
    name: "Garden sensor",
    area: "Garden",
    everyMs: 5_000,
    availability: "garden/status",
    dropsOff: { afterMs: 45_000, forMs: 30_000 },
    messages: (_seconds, noise) => [
      { topic: "garden/soil/moisture", payload: String(round(41 + noise() * 4)) },
    ],
  },
];

/** Swings around the limit of 6 °C, so that the flow fires about once in a wave. */
function coldStore(seconds: number, noise: () => number): number {
  return round(5.2 + 2.2 * Math.sin((2 * Math.PI * seconds) / WAVE_SECONDS) + noise() * 0.1);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
