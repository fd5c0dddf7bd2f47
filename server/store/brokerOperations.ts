import type { BrokerChange } from "./brokerState.ts";
import { type Operation, operation } from "./operation.ts";

/** The statements that carry out one change of the broker's state; repeating one changes nothing more. */
export function operationOf(change: BrokerChange): Operation | readonly Operation[] {
  switch (change.do) {
    case "retain":
      return operation(
        "INSERT OR REPLACE INTO mqttRetained VALUES (?, ?, ?, ?, ?)",
        change.topic,
        change.payload,
        change.qos,
        change.user ?? null,
        change.seenAt,
      );
    case "unretain":
      return operation("DELETE FROM mqttRetained WHERE topic = ?", change.topic);
    case "open":
      return operation(
        "INSERT OR REPLACE INTO mqttSessions VALUES (?, ?, NULL, NULL)",
        change.clientId,
        change.user ?? null,
      );
    case "leave":
      return operation(
        "UPDATE mqttSessions SET offlineSince = ?, sentCount = ? WHERE clientId = ?",
        change.at,
        change.sentCount,
        change.clientId,
      );
    case "forget":
      return ["mqttSessions", "mqttSubscriptions", "mqttQueue", "mqttInbound"].map((table) =>
        operation(`DELETE FROM ${table} WHERE clientId = ?`, change.clientId),
      );
    case "subscribe":
      return operation(
        "INSERT OR REPLACE INTO mqttSubscriptions VALUES (?, ?, ?)",
        change.clientId,
        change.filter,
        change.qos,
      );
    case "unsubscribe":
      return operation(
        "DELETE FROM mqttSubscriptions WHERE clientId = ? AND filter = ?",
        change.clientId,
        change.filter,
      );
    case "queue":
      return operation(
        "INSERT OR REPLACE INTO mqttQueue VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        change.seq,
        change.clientId,
        change.packetId,
        change.topic,
        change.payload,
        change.qos,
        change.replayed ? 1 : 0,
      );
    case "receive":
      return operation("UPDATE mqttQueue SET isReceived = 1 WHERE seq = ?", change.seq);
    case "unqueue":
      return operation("DELETE FROM mqttQueue WHERE seq = ?", change.seq);
    case "inbound":
      return operation("INSERT OR REPLACE INTO mqttInbound VALUES (?, ?)", change.clientId, change.packetId);
    case "release":
      return operation(
        "DELETE FROM mqttInbound WHERE clientId = ? AND packetId = ?",
        change.clientId,
        change.packetId,
      );
    case "will":
      return operation(
        "INSERT OR REPLACE INTO mqttWills VALUES (?, ?, ?, ?, ?, ?, ?)",
        change.clientId,
        change.user ?? null,
        change.epoch,
        change.topic,
        change.payload,
        change.qos,
        change.retain ? 1 : 0,
      );
    case "unwill":
      return operation(
        "DELETE FROM mqttWills WHERE clientId = ? AND epoch = ?",
        change.clientId,
        change.epoch,
      );
    case "journal":
      return addToJournal(change);
  }
}

function addToJournal(event: BrokerChange & { readonly do: "journal" }): Operation {
  return operation(
    `INSERT OR REPLACE INTO journal (id, topic, payload, qos, retain, clientId, user, epoch, will, seenAt, origin)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    event.id,
    event.topic,
    event.payload,
    event.qos,
    event.retain ? 1 : 0,
    event.clientId ?? null,
    event.user ?? null,
    event.epoch,
    event.will ? 1 : 0,
    event.seenAt,
    event.origin === undefined ? null : JSON.stringify(event.origin),
  );
}
