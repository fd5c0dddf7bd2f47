import { Aedes, type Client, type ConnectPacket } from "aedes";
import type { Packet } from "mqtt-packet";
import { EventEmitter } from "node:events";
import { causeOf, refusalReason } from "./closeReasons.ts";
import { createFrameGuard } from "./frames.ts";
import { createInflow } from "./inflow.ts";
import type { CloseCause, ConnackCode, ConnectRequest, Peer } from "./peer.ts";
import type { PeerHooks, PeerLimits, PeerPort } from "./peer.ts";
import { createAedesPersistence } from "./persistence.ts";
import { createSilentEmitter } from "./silentEmitter.ts";

/** Undocumented members of a client that we rely on; the contract test holds each one. */
interface ClientInside {
  readonly _parser: EventEmitter & { parse(chunk: Uint8Array): number };
  /** Runs when the client has a keep-alive and is connected. */
  readonly _keepaliveTimer?: NodeJS.Timeout | null;
  /** Set by a DISCONNECT packet. */
  readonly _disconnected: boolean;
}

/** Undocumented members of the broker that we rely on; the timers exist once it listens. */
interface AedesInside {
  readonly clients: Record<string, Client>;
  registerClient(client: Client): void;
  publish(packet: unknown, client: unknown, done?: (error?: Error) => void): void;
  readonly _heartbeatInterval?: NodeJS.Timeout;
  readonly _clearWillInterval?: NodeJS.Timeout;
}

/** More levels are refused before our hooks are asked; fewer are ours to judge. */
const LEVELS_MAX = 100;

interface AedesPeer extends Peer {
  readonly client: Client;
  cause: CloseCause | undefined;
  isOpen: boolean;
  connect: ConnectPacket | undefined;
}

/**
 * The one file that touches aedes. aedes parses, shakes hands and keeps time; whether, when and to whom a message goes
 * is decided by the hooks. Unmodified aedes 1.2.0, pinned; each seam has a contract test.
 */
export function createAedesPort(hooks: PeerHooks, limits: PeerLimits): PeerPort {
  const peers = new WeakMap<Client, AedesPeer>();
  /** Filters beyond the limit of one SUBSCRIBE. */
  const excess = new WeakSet<object>();
  let isStopping = false;

  /** Undefined only for clients that aedes would make by itself; it makes none. */
  function withPeer<T>(client: Client | null, what: string, otherwise: T, act: (peer: AedesPeer) => T): T {
    const peer = client === null ? undefined : peers.get(client);
    if (peer === undefined) return otherwise;
    try {
      return act(peer);
    } catch (error) {
      // An exception inside a hook of aedes would end the process.
      hooks.failed(error, what);
      return otherwise;
    }
  }

  function tell(client: Client, what: string, act: (peer: AedesPeer) => void): void {
    withPeer(client, what, undefined, act);
  }

  async function answerConnect(
    client: Client,
    answer: (code: ConnackCode) => void,
    ...[username, password]: [string | undefined, Buffer | undefined]
  ): Promise<void> {
    const peer = peers.get(client);
    let code: ConnackCode = 3;
    try {
      if (peer !== undefined) code = await hooks.connect(peer, connectRequest(peer, username, password));
    } catch (error) {
      hooks.failed(error, "connect");
    }
    try {
      answer(code);
    } catch (error) {
      hooks.failed(error, "CONNACK");
    }
  }

  const persistence = createAedesPersistence<Client>({
    restore: (clientId) => hooks.restore(clientId),
    acknowledged: (client, id) => tell(client, "acknowledge", (peer) => hooks.acknowledged(peer, id)),
    received: (client, id, kept) => tell(client, "receive", (peer) => hooks.received(peer, id, kept)),
    released: (client, id, kept) => tell(client, "release", (peer) => hooks.released(peer, id, kept)),
    unsubscribed: (client, filters) =>
      tell(client, "unsubscribe", (peer) => hooks.unsubscribed(peer, filters)),
    kept: hooks.kept,
  });

  const aedes = new Aedes({
    mq: createSilentEmitter(),
    persistence,
    connectTimeout: limits.connectMs,
    drainTimeout: limits.drainMs,
    queueLimit: limits.packetsBehindConnect,
    maxTopicLevels: LEVELS_MAX,
    // The default, 23, refuses longer ids of MQTT 3.1 clients that work everywhere else.
    maxClientsIdLength: limits.clientIdBytes,
    preConnect(client, packet, done) {
      tell(client, "connect", (peer) => {
        peer.connect = packet;
      });
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const answer = (code: ConnackCode): void => {
        if (code === 0) done(null, true);
        else done(refusal(code), false);
      };
      void answerConnect(client, answer, username, password);
    },
    authorizePublish(client, packet, done) {
      const peer = client === null ? undefined : peers.get(client);
      if (peer === undefined) return done(new Error("The publisher is unknown."));
      try {
        // aedes sends the will through the same hook, as the very object that came with the CONNECT.
        if (packet !== peer.connect?.will) return hooks.publish(peer, packet, done);
        if (!isStopping && peer.isOpen) hooks.will(peer, packet);
      } catch (error) {
        hooks.failed(error, "publish");
        return done(new Error("The message could not be accepted."));
      }
      done(isStopping ? new Error("Wills are not published when the hub stops.") : null);
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic, qos } = subscription;
      if (excess.has(subscription)) return done(null, null);
      const isGranted = withPeer(client, "subscribe", false, (peer) => hooks.subscribe(peer, topic, qos));
      done(null, isGranted ? subscription : null);
    },
    // aedes delivers nothing itself.
    authorizeForward: () => null,
  });
  const inside = insideOfBroker(aedes);

  // Messages of clients were routed in authorizePublish, in order of arrival; aedes's own `$SYS` notes go nowhere.
  inside.publish = (_packet, client, done) => {
    if (typeof client === "function") client();
    else done?.();
  };

  const registered = new Map<string, Client>();
  const registerClient = inside.registerClient.bind(aedes);
  inside.registerClient = (client) => {
    if (client.closed) return;
    const isOpen = withPeer(client, "open", false, (peer) => (peer.isOpen = hooks.open(peer)));
    // Without a connection aedes cannot send the CONNACK, so nothing of this client happens any more.
    if (!isOpen) return client.close();
    registerClient(client);
    registered.set(client.id, client);
  };

  aedes.on("clientReady", (client) => tell(client, "ready", (peer) => hooks.ready(peer)));
  aedes.on("subscribe", (subscriptions, client) => {
    const granted = subscriptions.filter(({ qos }) => qos <= 2).map(({ topic }) => topic);
    tell(client, "subscribed", (peer) => hooks.subscribed(peer, granted));
  });
  aedes.on("unsubscribe", (filters, client) =>
    tell(client, "unsubscribed", (peer) => hooks.unsubscribed(peer, filters)),
  );
  aedes.on("ping", (_packet, client) => tell(client, "ping", (peer) => hooks.pinged(peer)));
  aedes.on("keepaliveTimeout", (client) => tell(client, "keep alive", (peer) => peer.blame("keepalive")));
  aedes.on("clientDisconnect", (client) => {
    // aedes forgets the open client of that id even when the one that ended was never registered.
    const other = registered.get(client.id);
    if (other === client) registered.delete(client.id);
    else if (other !== undefined && !other.closed) inside.clients[client.id] = other;
    tell(client, "close", (peer) => {
      if (!peer.isOpen) return;
      const { _disconnected: isClean } = insideOfClient(client);
      hooks.closed(peer, peer.cause ?? (isClean ? "disconnect" : "socket"));
    });
  });
  const onError = (client: Client, error: Error): void =>
    tell(client, "error", (peer) => {
      peer.blame(causeOf(error));
      const reason = refusalReason(error, peer.cause);
      if (reason !== undefined) hooks.refused(peer, reason);
    });
  aedes.on("clientError", onError);
  aedes.on("connectionError", onError);
  // Without a listener the event would end the process.
  EventEmitter.prototype.on.call(aedes, "error", (error: unknown) => hooks.failed(error, "aedes"));

  return {
    async start() {
      await aedes.listen();
      // No cluster, and the will sweep would publish late and without an owner (aedes D18).
      const { _heartbeatInterval: heartbeat, _clearWillInterval: willSweep } = inside;
      clearInterval(heartbeat);
      clearInterval(willSweep);
    },
    async stop() {
      isStopping = true;
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
    },
    accept(connection, request) {
      const inflow = createInflow({
        connection,
        ...limits,
        onRead: (bytes) => tell(client, "read", () => hooks.read(peer, bytes)),
        // A client that is not read cannot show that it lives [MQTT-3.1.2-24].
        onHeld() {
          const { _keepaliveTimer: timer } = insideOfClient(client);
          timer?.refresh();
        },
      });
      const client = aedes.handle(connection, request);
      const peer = createPeer(client, { connection, inflow });
      peers.set(client, peer);
      markExcess(peer, limits.filtersPerSubscribe, (filters) => {
        for (const filter of filters) excess.add(filter);
        tell(client, "filters", () => hooks.tooManyFilters(peer, filters.length));
      });
      guardFrames(peer, limits, (violation) => hooks.refused(peer, violation));
      return peer;
    },
  };
}

function createPeer(client: Client, { connection, inflow }: Pick<Peer, "connection" | "inflow">): AedesPeer {
  const peer: AedesPeer = {
    client,
    connection,
    inflow,
    cause: undefined,
    isOpen: false,
    connect: undefined,
    blame(cause) {
      peer.cause ??= cause;
    },
    close(cause) {
      peer.blame(cause);
      client.close();
    },
  };
  return peer;
}

/** The parser is asked for nothing before the guard has seen the sizes. */
function guardFrames(peer: AedesPeer, limits: PeerLimits, onViolation: (violation: string) => void): void {
  const { _parser: parser } = insideOfClient(peer.client);
  const parse = parser.parse.bind(parser);
  const guard = createFrameGuard(limits, () => peer.isOpen);
  parser.parse = (chunk) => {
    const violation = guard.check(chunk);
    if (violation === undefined) return parse(chunk);
    onViolation(violation);
    peer.close("protocol");
    return 0;
  };
}

/** The hook for filters cannot tell one SUBSCRIBE from the next, so those beyond the limit are marked when it is parsed. */
function markExcess(
  { client }: AedesPeer,
  filtersMax: number,
  onExcess: (filters: readonly object[]) => void,
): void {
  const { _parser: parser } = insideOfClient(client);
  const [handle] = parser.listeners("packet");
  parser.removeAllListeners("packet");
  // In its place, not beside it: an emitter with one listener is the quicker one.
  parser.on("packet", (packet: Packet) => {
    if (packet.cmd === "subscribe" && packet.subscriptions.length > filtersMax) {
      onExcess(packet.subscriptions.slice(filtersMax));
    }
    handle?.call(parser, packet);
  });
}

function connectRequest(
  { client, connect }: AedesPeer,
  username: string | undefined,
  password: Buffer | undefined,
): ConnectRequest {
  const isPersistent = connect?.clean === false;
  return {
    clientId: client.id,
    isPersistent,
    // aedes has invented an id for an empty one, which a client that wants its session back could never name.
    hasValidId: connect?.clientId !== "" || !isPersistent,
    keepAliveS: connect?.keepalive ?? 0,
    version: client.version,
    username,
    password,
    will: connect?.will,
  };
}

function refusal(code: Exclude<ConnackCode, 0>) {
  return Object.assign(new Error("The connection was refused."), { returnCode: code });
}

function insideOfClient(client: object): ClientInside {
  if (isClientInside(client)) return client;
  throw new Error("This version of aedes has another client inside; the broker was written for 1.2.0.");
}

function insideOfBroker(aedes: object): AedesInside {
  if (isAedesInside(aedes)) return aedes;
  throw new Error("This version of aedes has another broker inside; this one was written for 1.2.0.");
}

function isClientInside(client: object): client is ClientInside {
  return "_parser" in client && "_disconnected" in client;
}

function isAedesInside(aedes: object): aedes is AedesInside {
  return "registerClient" in aedes && "publish" in aedes && "clients" in aedes;
}
