import { createOutgoing } from "./arrival.ts";
import { payloadOf } from "./encode.ts";
import type { PacketIds } from "./packetIds.ts";
import type { QueueEntry, SendQueue } from "./sendQueue.ts";
import type { HeldMessage, ShareMember } from "./shares.ts";

/** The parts of a delivery where messages of groups may be. */
export interface HoldingOptions {
  readonly inFlight: Map<number, QueueEntry>;
  readonly queue: SendQueue;
  readonly packetIds: PacketIds;
  readonly isOnline: () => boolean;
  readonly forget: (entry: HeldMessage) => void;
}

/** Lets other members of its groups take over what a session holds. */
export function createHolding(options: HoldingOptions): Pick<ShareMember, "held" | "letGo"> {
  const { inFlight, queue, packetIds, isOnline, forget } = options;

  function describe(entry: QueueEntry, share: string): HeldMessage {
    const { topic, qos, frame, packetId, seq, page, publisher } = entry;
    const message = createOutgoing({ topic, qos, payload: payloadOf(frame), clientId: publisher });
    const free = (): void => {
      packetIds.release(packetId);
      entry.free?.();
    };
    return { share, message, packetId, seq, page, free };
  }

  return {
    held(share) {
      // QoS 2 under way stays: another would be given what this client may have already.
      const sent = isOnline() ? [] : [...inFlight.values()].filter(({ qos }) => qos === 1);
      const found: HeldMessage[] = [];
      for (const entry of [...sent, ...queue.entries()]) {
        if (entry.share === undefined || entry.qos === 0) continue;
        if (share === undefined || entry.share === share) found.push(describe(entry, entry.share));
      }
      return found;
    },
    letGo(gone) {
      const ids = new Set(Array.from(gone.keys(), ({ packetId }) => packetId));
      queue.takeOut(({ packetId }) => ids.has(packetId));
      for (const [held, rowStays] of gone) {
        inFlight.delete(held.packetId);
        // While a row stays, no other row of this session may have its packet id.
        if (rowStays) packetIds.reserve(held.packetId);
        else forget(held);
      }
    },
  };
}
