import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BrokerStore, createBrokerStore } from "./brokerStore.ts";
import { createAuditStore, type AuditStore } from "./audit.ts";
import { createDeviceCertificateStore, type DeviceCertificateStore } from "./certificates.ts";
import { createChannelStore, type ChannelStore } from "./channels.ts";
import type { Connection } from "./connection.ts";
import { createCounterStore, type CounterStore } from "./counters.ts";
import { openForWriting, type StoreFile } from "./database.ts";
import { lockFolder, prepareFolder } from "./dataFolder.ts";
import { createDeviceStore, type DeviceStore } from "./devices.ts";
import { createFlowStore, type FlowStore } from "./flows.ts";
import { historySchema } from "./historySchema.ts";
import { hubSchema } from "./hubSchema.ts";
import type { Backlog, FileHealth } from "./lane.ts";
import { checkDatabase, migrate, type Schema } from "./migrate.ts";
import { createNotificationStore, type NotificationStore } from "./notifications.ts";
import { createOutboxStore } from "./outbox.ts";
import type { OutboxStore } from "./outboxItem.ts";
import { createReader, type Reader } from "./reader.ts";
import { createRunStore, type RunStore } from "./runs.ts";
import { createRuntimeStore, type RuntimeStore } from "./runtimeState.ts";
import { createSessionStore, type SessionStore } from "./sessions.ts";
import { createSettingsStore, type SettingsStore } from "./settings.ts";
import { createSetupTokenStore, type SetupTokenStore } from "./setupToken.ts";
import { StoreError } from "./storeError.ts";
import { createTokenStore, type TokenStore } from "./tokens.ts";
import { createUserStore, type UserStore } from "./users.ts";
import { openVault, type Vault } from "./vault.ts";
import { createWriter, type Writer } from "./writer.ts";

export type * from "./audit.ts";
export type * from "./brokerState.ts";
export type * from "./brokerStore.ts";
export type * from "./certificates.ts";
export type * from "./channels.ts";
export type * from "./counters.ts";
export type * from "./devices.ts";
export type * from "./flows.ts";
export type * from "./lane.ts";
export type * from "./notifications.ts";
export type * from "./outboxItem.ts";
export type * from "./page.ts";
export type * from "./runs.ts";
export type * from "./runtimeState.ts";
export type * from "./sessions.ts";
export type * from "./settings.ts";
export type * from "./setupToken.ts";
export type * from "./tokens.ts";
export type * from "./users.ts";
export type * from "./vault.ts";
export type { StoreErrorCode } from "./storeError.ts";

/** All that the hub keeps on disk. Reads are synchronous and see what has been committed; a write resolves when it is on disk. */
export interface Store {
  readonly settings: SettingsStore;
  readonly setupToken: SetupTokenStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  readonly audit: AuditStore;
  readonly devices: DeviceStore;
  readonly certificates: DeviceCertificateStore;
  readonly flows: FlowStore;
  readonly broker: BrokerStore;
  readonly runtime: RuntimeStore;
  readonly outbox: OutboxStore;
  readonly notifications: NotificationStore;
  readonly channels: ChannelStore;
  readonly runs: RunStore;
  readonly counters: CounterStore;
  readonly vault: Vault;
  readonly health: () => readonly FileHealth[];
  /** Told of each change of health; returns its own removal. */
  readonly onHealth: (listener: (health: FileHealth) => void) => () => void;
  /** How much waits for hub.db; pause what can be paused when it fills. */
  readonly backlog: () => Backlog;
  /** The hub is about to end: a full disk is asked once more, then it refuses instead of making everybody wait. */
  readonly lastChance: () => void;
  readonly close: () => Promise<void>;
}

/** The part of a logger that the store uses. */
export interface StoreLog {
  readonly warn: (fields: object, sentence: string) => void;
}

export interface StoreOptions {
  /** The data folder; it is made when it is missing. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log?: StoreLog | undefined;
}

/** Opens the store of a data folder for this process alone. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const folder = resolve(options.folder);
  prepareFolder(folder);
  const lock = lockFolder(folder);
  try {
    const paths = { hub: join(folder, "hub.db"), history: join(folder, "history.db") };
    const vault = openVault(folder);
    prepareFile(paths.hub, "hub", hubSchema);
    prepareHistory({ ...options, folder }, paths.history);
    const readers = { hub: createReader(paths.hub), history: createReader(paths.history) };
    const writer = createWriter(paths);
    const close = closing(writer, readers, lock.release);
    return { ...repositories(writer, readers, options.now), ...faces(writer), vault, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function prepareFile(path: string, file: StoreFile, schema: Schema): void {
  checkDatabase(path, schema);
  const database = openForWriting(path, file);
  try {
    migrate(database, path, schema);
  } finally {
    database.close();
  }
}

/** A damaged history must not keep the hub from running: it is moved aside, and a new one begins. */
function prepareHistory({ folder, now, log }: StoreOptions, path: string): void {
  try {
    prepareFile(path, "history", historySchema);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "store.corrupt") throw error;
    const aside = join(folder, `corrupt-${now()}`);
    mkdirSync(aside, { mode: 0o700 });
    for (const name of readdirSync(folder))
      if (name.startsWith("history.db")) renameSync(join(folder, name), join(aside, name));
    log?.warn(
      { aside, err: error },
      `The run history is damaged; it was moved to ${aside}, a new one begins.`,
    );
    prepareFile(path, "history", historySchema);
  }
}

type Repositories = Omit<Store, "vault" | "close" | keyof ReturnType<typeof faces>>;
type Readers = Readonly<Record<StoreFile, Reader>>;

function repositories(writer: Writer, readers: Readers, now: () => number): Repositories {
  const connect = (file: StoreFile): Connection => ({
    reader: readers[file],
    commit: (operations) => writer.commit(file, operations),
    commitPatiently: (operations) => writer.commit(file, operations, true),
    now,
  });
  const hub = connect("hub");
  return {
    settings: createSettingsStore(hub),
    setupToken: createSetupTokenStore(hub),
    users: createUserStore(hub),
    sessions: createSessionStore(hub),
    tokens: createTokenStore(hub),
    audit: createAuditStore(hub),
    devices: createDeviceStore(hub),
    certificates: createDeviceCertificateStore(hub),
    flows: createFlowStore(hub),
    broker: createBrokerStore(hub),
    runtime: createRuntimeStore(hub),
    outbox: createOutboxStore(hub),
    notifications: createNotificationStore(hub),
    channels: createChannelStore(hub),
    counters: createCounterStore(hub),
    runs: createRunStore(connect("history")),
  };
}

function faces(writer: Writer): Pick<Store, "health" | "onHealth" | "backlog" | "lastChance"> {
  return {
    health: () => [writer.health("hub"), writer.health("history")],
    onHealth: writer.onHealth,
    backlog: () => writer.backlog("hub"),
    lastChance: writer.lastChance,
  };
}

/** Closing twice is the same as closing once. */
function closing(writer: Writer, readers: Readers, release: () => void): () => Promise<void> {
  let closed: Promise<void> | undefined;
  async function close(): Promise<void> {
    await writer.close();
    readers.hub.close();
    readers.history.close();
    release();
  }
  return () => (closed ??= close());
}
