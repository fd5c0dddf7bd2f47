import type { Ledger } from "./ledger.ts";
import { ownBytes } from "./ownBytes.ts";
import type { InboundPublish } from "./peer.ts";
import type { KeptWill } from "./storage.ts";

/** Last Wills on disk, so that a crash of the hub swallows none. */
export interface Wills {
  /** A connection opened, with its will or without one; what an older connection left is void. */
  open(owner: WillOwner, will: InboundPublish | undefined): void;
  /** The connection ended, and its will was published or is not wanted any more [MQTT-3.1.2-10]. */
  end(owner: WillOwner): void;
  /** Takes up the wills of clients that were connected when the hub ended. */
  restore(wills: readonly KeptWill[]): void;
  /** Publishes the wills of those who have not come back, a few in each turn of the event loop. */
  publishLeft(): void;
  /** How many wait for their client to come back. */
  readonly leftCount: number;
}

/** Whose will it is. */
export type WillOwner = Pick<KeptWill, "clientId" | "user" | "epoch">;

/** Wills published in one turn. */
const SLICE = 200;

/** Creates the table of wills. */
export function createWills(options: {
  readonly ledger: Pick<Ledger, "note">;
  readonly publish: (will: KeptWill) => void;
}): Wills {
  const { ledger, publish } = options;
  const left = new Map<string, KeptWill>();

  function publishSlice(): void {
    let count = 0;
    for (const [clientId, will] of left) {
      if (++count > SLICE) {
        setImmediate(publishSlice);
        return;
      }
      left.delete(clientId);
      publish(will);
      // In the same commit as what the will brought about.
      ledger.note({ do: "unwill", clientId, epoch: will.epoch });
    }
  }

  return {
    open({ clientId, user, epoch }, will) {
      const before = left.get(clientId);
      left.delete(clientId);
      if (will === undefined) {
        if (before !== undefined) ledger.note({ do: "unwill", clientId, epoch: before.epoch });
        return;
      }
      const { topic, qos = 0, retain = false } = will;
      const payload = ownBytes(typeof will.payload === "string" ? Buffer.from(will.payload) : will.payload);
      ledger.note({ do: "will", clientId, user, epoch, topic, payload, qos, retain });
    },
    end({ clientId, epoch }) {
      ledger.note({ do: "unwill", clientId, epoch });
    },
    restore(wills) {
      for (const will of wills) left.set(will.clientId, will);
    },
    publishLeft: publishSlice,
    get leftCount() {
      return left.size;
    },
  };
}
