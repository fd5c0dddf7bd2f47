import type { Schema } from "./migrate.ts";

/**
 * hub.db: all that must survive. Columns are named as the fields of the code, so that a row needs no translation.
 * Times are ms since 1970. `partition` is constant until a flow can run on several workers.
 */
export const hubSchema: Schema = {
  applicationId: 0x4d_49_4c_4c,
  steps: [
    `
    CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE setupToken (id INTEGER PRIMARY KEY CHECK (id = 1), hash TEXT NOT NULL, expiresAt INTEGER NOT NULL) STRICT;
    CREATE TABLE users (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE COLLATE NOCASE,
      passwordHash TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'editor', 'admin')),
      createdAt INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sessions (
      idHash TEXT PRIMARY KEY,
      userId TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
      createdAt INTEGER NOT NULL,
      lastSeenAt INTEGER NOT NULL,
      expiresAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessionsOfUser ON sessions (userId);
    CREATE TABLE tokens (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      prefix TEXT NOT NULL,
      secretHash TEXT NOT NULL,
      userId TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
      scopes TEXT NOT NULL,
      createdAt INTEGER NOT NULL,
      expiresAt INTEGER,
      lastUsedAt INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tokensOfUser ON tokens (userId);
    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      target TEXT,
      detail TEXT,
      address TEXT,
      hash TEXT NOT NULL
    ) STRICT;
    CREATE TABLE auditChain (
      id INTEGER PRIMARY KEY CHECK (id = 1), anchor TEXT NOT NULL, head TEXT NOT NULL
    ) STRICT;
    INSERT INTO auditChain VALUES (1, '', '');

    CREATE TABLE devices (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      area TEXT,
      credentialHash TEXT,
      clientIds TEXT NOT NULL,
      acl TEXT NOT NULL,
      simulated INTEGER NOT NULL,
      presence TEXT,
      createdAt INTEGER NOT NULL,
      lastSeenAt INTEGER
    ) STRICT;

    CREATE TABLE flows (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      enabled INTEGER NOT NULL,
      draft TEXT NOT NULL,
      revision INTEGER NOT NULL,
      deployedVersion INTEGER,
      createdAt INTEGER NOT NULL,
      updatedAt INTEGER NOT NULL,
      updatedBy TEXT NOT NULL
    ) STRICT;
    CREATE TABLE flowVersions (
      flow TEXT NOT NULL REFERENCES flows ON DELETE CASCADE,
      version INTEGER NOT NULL,
      document TEXT NOT NULL,
      author TEXT NOT NULL,
      comment TEXT,
      createdAt INTEGER NOT NULL,
      PRIMARY KEY (flow, version)
    ) STRICT;

    CREATE TABLE state (
      partition INTEGER NOT NULL,
      flow TEXT NOT NULL,
      node TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (partition, flow, node, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE timers (
      partition INTEGER NOT NULL,
      flow TEXT NOT NULL,
      node TEXT NOT NULL,
      key TEXT NOT NULL,
      timer TEXT NOT NULL,
      dueAt INTEGER NOT NULL,
      armedAt INTEGER NOT NULL,
      cause TEXT NOT NULL,
      hops INTEGER NOT NULL,
      data TEXT,
      PRIMARY KEY (partition, flow, node, key, timer)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE heartbeat (partition INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;

    CREATE TABLE outbox (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      partition INTEGER NOT NULL,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('publish', 'notify', 'http')),
      target TEXT NOT NULL,
      orderKey TEXT,
      body TEXT NOT NULL,
      flow TEXT NOT NULL,
      node TEXT NOT NULL,
      run TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      createdAt INTEGER NOT NULL,
      nextAt INTEGER NOT NULL,
      leaseUntil INTEGER,
      error TEXT
    ) STRICT;
    CREATE INDEX outboxDue ON outbox (nextAt);
    CREATE TABLE dead (
      seq INTEGER PRIMARY KEY,
      partition INTEGER NOT NULL,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      target TEXT NOT NULL,
      orderKey TEXT,
      body TEXT NOT NULL,
      flow TEXT NOT NULL,
      node TEXT NOT NULL,
      run TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      createdAt INTEGER NOT NULL,
      diedAt INTEGER NOT NULL,
      reason TEXT NOT NULL,
      error TEXT
    ) STRICT;
    CREATE INDEX deadByAge ON dead (diedAt, seq);

    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO counters VALUES
      ('fx.made', 0), ('fx.sent', 0), ('fx.dead', 0), ('fx.discarded', 0), ('fx.dropped', 0),
      ('notifications.kept', 0), ('notifications.dropped', 0);

    CREATE TABLE notifications (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      severity TEXT NOT NULL,
      title TEXT NOT NULL,
      text TEXT NOT NULL,
      flow TEXT,
      node TEXT,
      run TEXT,
      readAt INTEGER
    ) STRICT;
    CREATE INDEX notificationsUnread ON notifications (seq) WHERE readAt IS NULL;

    CREATE TABLE channels (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('inbox', 'email', 'webhook', 'ntfy')),
      name TEXT NOT NULL,
      config TEXT NOT NULL,
      secrets TEXT,
      createdAt INTEGER NOT NULL
    ) STRICT;
    `,
    `
    CREATE TABLE mqttRetained (
      topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL, user TEXT, seenAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE mqttSessions (
      clientId TEXT PRIMARY KEY, user TEXT, offlineSince INTEGER, sentCount INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE mqttSubscriptions (
      clientId TEXT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, PRIMARY KEY (clientId, filter)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE mqttQueue (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      clientId TEXT NOT NULL,
      packetId INTEGER NOT NULL,
      topic TEXT NOT NULL,
      payload BLOB NOT NULL,
      qos INTEGER NOT NULL,
      replayed INTEGER NOT NULL,
      isReceived INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX mqttQueueOfClient ON mqttQueue (clientId);
    CREATE TABLE mqttInbound (
      clientId TEXT NOT NULL, packetId INTEGER NOT NULL, PRIMARY KEY (clientId, packetId)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE mqttWills (
      clientId TEXT PRIMARY KEY,
      user TEXT,
      epoch INTEGER NOT NULL,
      topic TEXT NOT NULL,
      payload BLOB NOT NULL,
      qos INTEGER NOT NULL,
      retain INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE journal (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      topic TEXT NOT NULL,
      payload BLOB NOT NULL,
      qos INTEGER NOT NULL,
      retain INTEGER NOT NULL,
      clientId TEXT,
      user TEXT,
      epoch INTEGER NOT NULL,
      will INTEGER NOT NULL,
      seenAt INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      done TEXT,
      origin TEXT
    ) STRICT;
    `,
    `
    CREATE TABLE deviceCertificates (
      fingerprint TEXT PRIMARY KEY,
      device TEXT NOT NULL,
      issuedAt INTEGER NOT NULL,
      expiresAt INTEGER NOT NULL,
      revokedAt INTEGER
    ) STRICT, WITHOUT ROWID;
    `,
  ],
};
