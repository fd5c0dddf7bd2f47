import { quoted } from "#flows/problem.ts";
import type { ApiParts } from "./api/api.ts";
import type { ClientDetail, ClientSummary, PacketTrace } from "./api/contract.ts";
import type { Audit } from "./audit.ts";
import { type Broker, type ClientInfo, type TraceInfo, traceMsMax } from "./broker/broker.ts";
import type { Devices } from "./devices/devices.ts";
import { refuseFilter } from "./liveDesk.ts";
import { refusal } from "./refusal.ts";

/** What the clients are read from. */
export interface ClientWiring {
  readonly broker: Pick<Broker, "client" | "clients" | "kick" | "clearQueue" | "traces">;
  readonly devices: Pick<Devices, "get">;
}

const MINUTE_MS = 60_000;
const TRACE_MINUTES = 5;
/** By the level in CONNECT. */
const PROTOCOLS: Readonly<Record<number, string>> = { 3: "MQTT 3.1", 4: "MQTT 3.1.1", 5: "MQTT 5" };

/** The clients of the broker for the API. */
export function clientsPart({ broker, devices }: ClientWiring, audit: Audit): ApiParts["clients"] {
  const summaryOf = (info: ClientInfo): ClientSummary =>
    summary(info, info.user !== undefined && devices.get(info.user) !== undefined ? info.user : null);

  function must(id: string): ClientInfo {
    const info = broker.client(id);
    if (info === undefined) throw refusal("client.unknown", `There is no client ${quoted(id)}.`);
    return info;
  }

  return {
    list: () => broker.clients().map(summaryOf),
    get(id) {
      const info = broker.client(id);
      return info && { ...summaryOf(info), ...details(info) };
    },
    disconnect: (id, by) =>
      audit(by, "clients.disconnect", id, async () => {
        must(id);
        if (!broker.kick(id)) throw refusal("client.offline", `The client ${quoted(id)} is not connected.`);
      }),
    clearQueue: (id, by) =>
      audit(by, "clients.clear-queue", id, async () => {
        must(id);
        return { dropped: broker.clearQueue(id) ?? 0 };
      }),
  };
}

/** Traces of packets for the API. */
export function tracesPart(
  { broker: { traces } }: Pick<ClientWiring, "broker">,
  audit: Audit,
): ApiParts["traces"] {
  return {
    list: () => traces.list().map(traceOf),
    start: ({ client, filter, minutes = TRACE_MINUTES }, by) =>
      audit(by, "traces.start", client ?? filter ?? "", async () => {
        if ((client === undefined) === (filter === undefined))
          throw refusal("trace.invalid", "A trace follows either one client or one topic filter.");
        if (filter !== undefined) refuseFilter(filter);
        const started = traces.start({
          ...(client !== undefined && { clientId: client }),
          ...(filter !== undefined && { filter }),
          durationMs: Math.min(minutes * MINUTE_MS, traceMsMax),
        });
        if (started === undefined)
          throw refusal("trace.too-many", "Three traces run already; end one of them first.");
        return traceOf(started);
      }),
    packets: traces.packets,
    remove: (id, by) => audit(by, "traces.remove", id, async () => traces.remove(id)),
  };
}

function summary(info: ClientInfo, device: string | null): ClientSummary {
  const { connection } = info;
  return {
    id: info.clientId,
    user: info.user ?? null,
    device,
    online: connection !== undefined,
    address: connection?.address ?? null,
    connectedAt: connection?.connectedAt ?? null,
    persistent: info.isPersistent,
    lastEnd: info.lastEnd ?? null,
    queued: info.queued,
    queuedBytes: info.queuedBytes,
    queuedSince: info.queuedSince ?? null,
    inFlight: info.inFlight,
    sendWindow: info.sendWindow,
    dropped: info.dropped,
    subscriptions: info.subscriptions.length,
    receivedPerS: connection?.receivedPerS ?? 0,
    sentPerS: connection?.sentPerS ?? 0,
  };
}

function details(info: ClientInfo): Omit<ClientDetail, keyof ClientSummary> {
  const { connection, drops, subscriptions, troubles } = info;
  const tls = connection?.tls();
  return {
    protocol:
      connection === undefined ? null : (PROTOCOLS[connection.version] ?? `level ${connection.version}`),
    transport: connection?.transport ?? null,
    tls: tls === undefined ? null : { ...tls, subject: tls.subject ?? null },
    keepAliveS: connection?.keepAliveS ?? null,
    will: connection?.will ?? null,
    filters: subscriptions,
    drops,
    troubles: troubles.map(({ detail, ...trouble }) => ({ ...trouble, detail: detail ?? null })),
  };
}

function traceOf({ id, clientId, filter, startedAt, endsAt, isRunning, seen }: TraceInfo): PacketTrace {
  return {
    id,
    client: clientId ?? null,
    filter: filter ?? null,
    startedAt,
    endsAt,
    running: isRunning,
    seen,
  };
}
