import type { Inflow } from "./inflow.ts";
import type { Ledger } from "./ledger.ts";

/** Who is owed acknowledgements. */
export interface Creditor {
  /** Acknowledgements that wait; later ones must not overtake them [MQTT-4.6.0-2]. */
  owedAcknowledgements: number;
  /** Told what is owed: whoever keeps to no window is not read beyond a bound (B23). */
  readonly inflow: Pick<Inflow, "begin" | "end">;
}

/** What an acknowledgement is for. */
export interface Owed {
  /** What the ledger had noted before the message: what came since then must be on disk first. */
  readonly notedBefore: number;
  /** Size of the message. */
  readonly bytes: number;
}

/** Lets acknowledgements go when what they promise holds. */
export interface Acknowledgements {
  owe(creditor: Creditor, owed: Owed, done: () => void): void;
}

/** Parts of it. */
export interface AcknowledgementsOptions {
  readonly ledger: Pick<Ledger, "noted" | "whenKept">;
  /** So much waits behind the broker that publishers should wait too. */
  readonly isBusy: () => boolean;
}

/** How soon those who wait for somebody busy are looked at again. */
const LOOK_AGAIN_MS = 5;

/**
 * A client that keeps to its window sends nothing more before it is acknowledged, so a late acknowledgement is the brake:
 * it slows the publisher, and nothing that was accepted has to be dropped.
 */
export function createAcknowledgements({ ledger, isBusy }: AcknowledgementsOptions): Acknowledgements {
  let held: (() => void)[] = [];

  function letGo(): void {
    const waiting = held;
    held = [];
    for (const done of waiting) holdOrGo(done);
  }

  function holdOrGo(done: () => void): void {
    if (held.length === 0 && !isBusy()) return done();
    if (held.push(done) === 1) setTimeout(letGo, LOOK_AGAIN_MS).unref();
  }

  return {
    owe(creditor, { notedBefore, bytes }, done) {
      if (ledger.noted === notedBefore && creditor.owedAcknowledgements === 0 && !isBusy()) return done();
      creditor.owedAcknowledgements++;
      creditor.inflow.begin(bytes);
      ledger.whenKept(() =>
        holdOrGo(() => {
          creditor.owedAcknowledgements--;
          creditor.inflow.end(bytes);
          done();
        }),
      );
    },
  };
}
