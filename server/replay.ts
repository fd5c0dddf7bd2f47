import type { HubLog } from "./hubParts.ts";
import type { HubNotices } from "./hubNotices.ts";
import type { Replay } from "./runtime/runtime.ts";
import type { Store, WaitingEvent } from "./store/store.ts";

/** What reading the journal needs. */
export interface ReplayParts {
  readonly store: Pick<Store, "broker">;
  readonly notices: HubNotices;
  readonly log: HubLog;
}

/** A message that was tried at so many starts of the hub is given up: it may be what ends the hub. */
const ATTEMPTS_MAX = 3;

/** The acknowledged messages that no flow had finished when the hub ended. */
export async function readReplay(parts: ReplayParts): Promise<readonly Replay[]> {
  const waiting = await parts.store.broker.waitingEvents();
  const poisoned = waiting.filter(({ attempts }) => attempts >= ATTEMPTS_MAX);
  await Promise.all(poisoned.map((event) => giveUp(event, parts)));
  return waiting
    .filter(({ attempts }) => attempts < ATTEMPTS_MAX)
    .map(({ attempts: _attempts, done, id, ...message }) => ({
      arrival: { ...message, journalId: id, replayed: true },
      done,
    }));
}

async function giveUp(
  { id, topic, clientId, attempts }: WaitingEvent,
  { store, notices, log }: ReplayParts,
): Promise<void> {
  const text = `The hub ended ${attempts - 1} times before its flows were done with a message on "${topic}", so the message is given up.`;
  log.error({ id, topic, clientId, attempts }, text);
  await notices.add({ id: `poison-${id}`, title: "A message was given up", text });
  await store.broker.discardEvent(id);
}
