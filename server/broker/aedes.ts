import { Aedes, type Client, type PublishPacket } from "aedes";
import type { Duplex } from "node:stream";
import { EventEmitter } from "node:events";
import { insideOfBroker, insideOfClient, tapWire } from "./aedesInside.ts";
import { createPeer, type AedesPeer } from "./aedesPeer.ts";
import { createByteBudget } from "./byteBudget.ts";
import { causeOf, refusalReason } from "./closeReasons.ts";
import { connectRequest } from "./connectRequest.ts";
import { createFilterCover } from "./filterCover.ts";
import { createFrameRules } from "./frameRules.ts";
import { createFrameGuard } from "./frames.ts";
import type { FrameViolation } from "./frameViolation.ts";
import { createInflow } from "./inflow.ts";
import type { ConnackCode, PeerHooks, PeerLimits, PeerPort, Wiretap } from "./peer.ts";
import { createAedesPersistence } from "./persistence.ts";
import { createSilentEmitter } from "./silentEmitter.ts";

/** The CONNACK for a protocol level that is not spoken here [MQTT-3.1.2-2]. */
const WRONG_LEVEL = Buffer.from([0x20, 0x02, 0x00, 0x01]);
/** The most levels aedes can be told; the guard and the access rules have a lower limit. */
const AEDES_LEVELS_MAX = 100;

/**
 * The one file that touches aedes; what aedes does not document is declared in aedesInside.ts beside it. aedes parses,
 * shakes hands and keeps time; whether, when and to whom a message goes is decided by the hooks. Unmodified aedes 1.2.0,
 * pinned; each seam has a contract test.
 */
export function createAedesPort(
  hooks: PeerHooks,
  limits: PeerLimits,
  watch?: (connection: Duplex) => Wiretap,
): PeerPort {
  const peers = new WeakMap<Client, AedesPeer>();
  const cover = createFilterCover(limits.filtersPerSubscribe);
  const rules = createFrameRules(limits);
  const strangers = createByteBudget(limits.unauthenticatedBytes);
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
      const request = connectRequest(peer?.connect, { clientId: client.id, username, password });
      if (peer !== undefined) code = await hooks.connect(peer, request);
    } catch (error) {
      hooks.failed(error, "connect");
    }
    try {
      answer(code);
    } catch (error) {
      hooks.failed(error, "CONNACK");
    }
  }

  /** aedes gives each PUBACK three writes of its own; as QoS 0 it gives none, and ours leaves with the rest of the turn. */
  function acknowledging(peer: AedesPeer, packet: PublishPacket, done: (error?: Error | null) => void) {
    if (packet.qos !== 1) return done;
    return (error?: Error | null): void => {
      if (!error) {
        hooks.acknowledge(peer, packet.messageId ?? 0);
        packet.qos = 0;
      }
      done(error);
    };
  }

  const persistence = createAedesPersistence<Client>({
    hasSession: (clientId) => hooks.hasSession(clientId),
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
    // Both are ours to keep: the defaults refuse ids of MQTT 3.1 clients that work everywhere else, and end a
    // connection for one filter too deep.
    maxTopicLevels: AEDES_LEVELS_MAX,
    maxClientsIdLength: Infinity,
    preConnect(client, packet, done) {
      tell(client, "connect", (peer) => {
        peer.connect = packet;
      });
      done(null, true);
    },
    authenticate(client, username, password, done) {
      // What came behind the CONNECT has ended it already.
      if (client.closed) return;
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
        if (packet !== peer.connect?.will)
          return hooks.publish(peer, packet, acknowledging(peer, packet, done));
        if (!isStopping && peer.isOpen) hooks.will(peer, packet);
      } catch (error) {
        hooks.failed(error, "publish");
        return done(new Error("The message could not be accepted."));
      }
      done(isStopping ? new Error("Wills are not published when the hub stops.") : null);
    },
    authorizeSubscribe(client, subscription, done) {
      const filter = cover.of(subscription);
      // Without one it is beyond the limit of its packet, or the mark of a session that exists; its subscriptions are in our bus.
      if (filter === undefined) return done(null, null);
      const { qos } = subscription;
      const isGranted = withPeer(client, "subscribe", false, (peer) => hooks.subscribe(peer, filter, qos));
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
    tell(client, "open", (peer) => peer.guard.release());
  };

  aedes.on("clientReady", (client) => tell(client, "ready", (peer) => hooks.ready(peer)));
  aedes.on("subscribe", (subscriptions, client) => {
    const granted = subscriptions.filter(({ qos }) => qos <= 2).map((each) => cover.of(each) ?? "");
    for (const { topic } of subscriptions) delete insideOfClient(client).subscriptions[topic];
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

  function refuse(peer: AedesPeer, violation: FrameViolation): void {
    hooks.refused(peer, violation);
    if (violation !== "protocol-version") return peer.close("protocol");
    peer.blame("protocol");
    peer.connection.write(WRONG_LEVEL, () => peer.close("protocol"));
  }

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
      const { _parser: parser } = insideOfClient(client);
      const parse = parser.parse.bind(parser);
      const guard = createFrameGuard({
        limits,
        rules,
        strangers,
        isAdmitted: () => peer.isOpen,
        pass: parse,
      });
      const peer = createPeer({ client, connection, inflow, guard });
      peers.set(client, peer);
      parser.prependListener("packet", (packet) => {
        const excess = cover.cover(packet);
        if (excess > 0) tell(client, "filters", () => hooks.tooManyFilters(peer, excess));
      });
      parser.parse = (chunk) => {
        const violation = guard.receive(chunk);
        if (violation !== undefined) tell(client, "refuse", () => refuse(peer, violation));
        return 0;
      };
      connection.once("close", guard.release);
      if (watch !== undefined) tapWire(peer, watch(connection));
      return peer;
    },
  };
}

function refusal(code: Exclude<ConnackCode, 0>) {
  return Object.assign(new Error("The connection was refused."), { returnCode: code });
}
