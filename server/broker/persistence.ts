import { Readable } from "node:stream";

/** The part of an aedes client that its persistence is told. */
export interface PersistenceClient {
  readonly id: string;
}

/** What aedes asks or tells about stored state; everything else it may store is ours already. */
export interface PersistenceHooks<C extends PersistenceClient> {
  hasSession(clientId: string): boolean;
  acknowledged(client: C, packetId: number): void;
  received(client: C, packetId: number, kept: () => void): void;
  released(client: C, packetId: number, kept: () => void): void;
  unsubscribed(client: C, filters: readonly string[]): void;
  kept(act: () => void): void;
}

interface NumberedPacket {
  readonly messageId?: number;
}

/**
 * Why own: queues, retained messages and subscriptions live in our sessions, in order and bounded; aedes learns only
 * what it needs for its handshakes. Its own queue replay and retained replay get empty streams.
 */
export function createAedesPersistence<C extends PersistenceClient>(hooks: PersistenceHooks<C>) {
  const kept = (): Promise<void> => new Promise((resolve) => hooks.kept(resolve));

  return {
    // aedes refuses to start unless this one is declared async.
    async setup() {},
    async destroy() {},
    /** aedes says "session present" when there is a subscription to restore, so a session has one, which is refused. */
    async subscriptionsByClient({ id }: PersistenceClient) {
      return hooks.hasSession(id) ? [{ topic: "session", qos: 0 }] : [];
    },
    /** The SUBACK waits; our session has noted the new subscriptions before aedes asks. */
    addSubscriptions: kept,
    removeSubscriptions(client: C, filters: readonly string[]): Promise<void> {
      hooks.unsubscribed(client, filters);
      return kept();
    },
    cleanSubscriptions: done,
    cleanIncoming: done,
    async subscriptionsByTopic() {
      return [];
    },
    async countOffline() {
      return { subsCount: 0, clientsCount: 0 };
    },
    storeRetained: done,
    createRetainedStream: nothing,
    createRetainedStreamCombi: nothing,
    outgoingEnqueue: done,
    outgoingEnqueueCombi: done,
    outgoingStream: nothing,
    outgoingUpdate(client: C, { messageId = 0 }: NumberedPacket): Promise<void> {
      return new Promise((resolve) => hooks.received(client, messageId, resolve));
    },
    async outgoingClearMessageId(client: C, packet: NumberedPacket) {
      hooks.acknowledged(client, packet.messageId ?? 0);
      return packet;
    },
    /** Always "known": the ingest has seen the id and routed the message, so aedes only answers PUBREC. */
    async incomingGetPacket(_client: C, packet: NumberedPacket) {
      return packet;
    },
    incomingStorePacket: done,
    incomingDelPacket(client: C, { messageId = 0 }: NumberedPacket): Promise<void> {
      return new Promise((resolve) => hooks.released(client, messageId, resolve));
    },
    // A will lives with its connection; only wills that outlive the process need a place of their own.
    putWill: done,
    getWill: done,
    delWill: done,
    streamWill: nothing,
    getClientList: nothing,
  };
}

async function done(): Promise<undefined> {
  return undefined;
}

function nothing(): Readable {
  // A third cheaper than Readable.from([]), and each CONNECT and SUBSCRIBE asks for one.
  return new Readable({
    objectMode: true,
    read() {
      this.push(null);
    },
  });
}
