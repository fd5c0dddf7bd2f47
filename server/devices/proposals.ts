import type { AvailabilityValue } from "./presenceTypes.ts";

/** A topic that looks as if a device told its availability there. */
export interface Proposal {
  readonly topic: string;
  readonly value: AvailabilityValue;
  readonly at: number;
}

/** Collects them for a person to decide. */
export interface Proposals {
  note: (topic: string, value: AvailabilityValue, at: number) => void;
  list: () => readonly Proposal[];
}

const PROPOSALS_MAX = 100;

/** Keeps the first ones: a device that talks much must not push others out. */
export function createProposals(): Proposals {
  const proposals = new Map<string, Proposal>();
  return {
    note(topic, value, at) {
      if (proposals.has(topic) || proposals.size < PROPOSALS_MAX) proposals.set(topic, { topic, value, at });
    },
    list: () => [...proposals.values()],
  };
}
