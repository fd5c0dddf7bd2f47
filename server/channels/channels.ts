import { quoted, type Problem } from "#flows/problem.ts";
import { slugOf } from "#flows/slug.ts";
import type {
  ChannelConnect,
  ChannelKind,
  ChannelKindName,
  ChannelValues,
  DeliveryOutcome,
  Inbox,
  Notice,
} from "./channelKind.ts";
import type { ChannelRow } from "./channelRow.ts";
import { channelKinds } from "./index.ts";
import { problemAt, readConfig } from "./readConfig.ts";
import { createSecretBox, type ChannelVault } from "./secretBox.ts";

export interface ChannelStore {
  all: () => readonly ChannelRow[];
  get: (id: string) => ChannelRow | undefined;
  put: (row: ChannelRow) => Promise<void>;
  remove: (id: string) => Promise<boolean>;
}

/** A channel as it is shown: a secret is `{set: true}` or `{set: false}`. */
export interface ChannelView {
  readonly id: string;
  readonly kind: ChannelKindName;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly lastSentAt: number | null;
  readonly lastError: string | null;
}

export interface ChannelDraft {
  readonly id?: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly config: unknown;
}

/** A channel, or everything that is wrong with what was asked for. */
export type ChannelAnswer =
  | { readonly ok: true; readonly channel: ChannelView }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ChannelsParts {
  readonly store: ChannelStore;
  readonly vault: ChannelVault;
  readonly connect: ChannelConnect;
  readonly inbox: Inbox;
  readonly now: () => number;
  readonly log: { warn: (details: object, message: string) => void };
}

export interface Channels {
  readonly kinds: readonly ChannelKind[];
  list: () => readonly ChannelView[];
  get: (id: string) => ChannelView | undefined;
  create: (draft: ChannelDraft) => Promise<ChannelAnswer>;
  /** `undefined`: there is no such channel. The kind stays what it is. */
  update: (
    id: string,
    draft: Partial<Omit<ChannelDraft, "id" | "kind">>,
  ) => Promise<ChannelAnswer | undefined>;
  /** False when there is no such channel, or when it is the inbox. */
  remove: (id: string) => Promise<boolean>;
  /** Sends a notice that says it is a test. */
  test: (id: string, signal?: AbortSignal) => Promise<DeliveryOutcome>;
  /** One attempt; never rejects. */
  deliver: (id: string, notice: Notice, signal?: AbortSignal) => Promise<DeliveryOutcome>;
}

/** The channel that is always there. */
const INBOX_ID = "inbox";

const CHANNELS_MAX = 200;
const NAME_LENGTH_MAX = 100;
const ID_LENGTH_MAX = 64;

/** Keeps the channels and sends notices through them; secrets go in and never come out. */
export function createChannels(parts: ChannelsParts): Channels {
  const { store, connect, inbox, now, log } = parts;
  const box = createSecretBox(parts.vault);
  const last = new Map<string, { sentAt: number | null; error: string | null }>();
  /** Ids that are being written: two channels of one name may be made at the same moment. */
  const making = new Set<string>();

  const rows = (): readonly ChannelRow[] => [
    ...(store.get(INBOX_ID) === undefined ? [INBOX] : []),
    ...store.all(),
  ];
  const find = (id: string) => store.get(id) ?? (id === INBOX_ID ? INBOX : undefined);
  const isTaken = (id: string) => making.has(id) || find(id) !== undefined;

  function view(row: ChannelRow): ChannelView {
    const kind = kindOf(row.kind);
    const set = box.namesIn(row);
    const config: Record<string, unknown> = { ...(kind && readConfig(kind.fields, row.config).config) };
    for (const { name, type } of kind?.fields ?? [])
      if (type === "secret") config[name] = { set: set.has(name) };
    const { sentAt = null, error = null } = last.get(row.id) ?? {};
    return { id: row.id, kind: row.kind, name: row.name, config, lastSentAt: sentAt, lastError: error };
  }

  async function save(row: ChannelRow, kind: ChannelKind, draft: ChannelDraft): Promise<ChannelAnswer> {
    const read = readConfig(kind.fields, draft.config);
    const kept = kind.hostOf(readConfig(kind.fields, row.config).config) === kind.hostOf(read.config);
    const secrets = new Map(kept ? box.open(row) : []);
    for (const [name, secret] of read.secrets)
      if (secret === undefined) secrets.delete(name);
      else secrets.set(name, secret);
    const problems = [
      ...nameProblems(draft.name),
      ...read.problems,
      ...kind.check(read.config),
      ...missingSecrets(kind, secrets, kept),
    ];
    if (problems.length > 0) return { ok: false, problems };
    const saved = {
      ...row,
      name: draft.name.trim(),
      config: read.config,
      secrets: box.seal(row.id, secrets),
    };
    await store.put(saved);
    last.delete(row.id);
    return { ok: true, channel: view(saved) };
  }

  async function deliver(id: string, notice: Notice, signal?: AbortSignal): Promise<DeliveryOutcome> {
    const row = find(id);
    const kind = row && kindOf(row.kind);
    if (row === undefined || kind === undefined)
      return { outcome: "refused", reason: "channel-missing", error: missingText(id, notice) };
    const outcome = await attempt(row, kind, notice, signal ?? new AbortController().signal);
    const before = last.get(id)?.sentAt ?? null;
    last.set(
      id,
      outcome.outcome === "delivered"
        ? { sentAt: now(), error: null }
        : { sentAt: before, error: outcome.error },
    );
    return outcome;
  }

  async function attempt(
    row: ChannelRow,
    kind: ChannelKind,
    notice: Notice,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    try {
      const secrets = box.open(row);
      const given = Object.fromEntries(
        kind.fields
          .filter(({ type }) => type === "secret")
          .map(({ name }) => [name, secrets.get(name) ?? ""]),
      );
      const config: ChannelValues = readConfig(kind.fields, row.config).config;
      const outcome = await kind.deliver(notice, { config, secrets: given, connect, inbox, signal });
      return box.redacted(outcome, secrets);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      log.warn({ err: error, channel: row.id }, `The channel "${row.name}" failed: ${text}`);
      return { outcome: "retry", error: text };
    }
  }

  return {
    kinds: channelKinds,
    list: () => rows().map(view),
    get(id) {
      const row = find(id);
      return row && view(row);
    },
    async create(draft) {
      const kind = kindOf(draft.kind);
      if (kind === undefined)
        return refusal(
          "/kind",
          `${quoted(draft.kind)} is no kind of channel; there are ${channelKinds.map((known) => known.kind).join(", ")}.`,
        );
      if (store.all().length >= CHANNELS_MAX)
        return refusal("", `There are ${CHANNELS_MAX} channels already, which is the most.`);
      const id = draft.id ?? slugOf(draft.name, { isTaken, fallback: "channel" });
      if (!/^[a-z0-9][a-z0-9-]*$/.test(id) || id.length > ID_LENGTH_MAX)
        return refusal(
          "/id",
          `${quoted(id)} is no id: small letters, digits and -, at most ${ID_LENGTH_MAX}.`,
        );
      if (isTaken(id)) return refusal("/id", `There is a channel ${quoted(id)} already.`, "channel.taken");
      const row = {
        id,
        kind: kind.kind,
        name: draft.name,
        config: draft.config,
        secrets: null,
        createdAt: now(),
      };
      making.add(id);
      try {
        return await save(row, kind, draft);
      } finally {
        making.delete(id);
      }
    },
    async update(id, draft) {
      const row = find(id);
      const kind = row && kindOf(row.kind);
      if (row === undefined || kind === undefined) return undefined;
      return save(row, kind, {
        kind: row.kind,
        name: draft.name ?? row.name,
        config: draft.config ?? row.config,
      });
    },
    async remove(id) {
      last.delete(id);
      return id !== INBOX_ID && store.remove(id);
    },
    test: (id, signal) => deliver(id, testNotice(now()), signal),
    deliver,
  };
}

const INBOX: ChannelRow = {
  id: INBOX_ID,
  kind: "inbox",
  name: "Inbox",
  config: {},
  secrets: null,
  createdAt: 0,
};

function kindOf(name: string): ChannelKind | undefined {
  return channelKinds.find(({ kind }) => kind === name);
}

function missingText(id: string, { flow, node }: Notice): string {
  const by = flow === "" ? "" : ` The node "${node}" of the flow "${flow}" still sends to it.`;
  return `The channel ${quoted(id)} does not exist (any more).${by}`;
}

function nameProblems(name: string): Problem[] {
  if (name.trim() !== "" && name.length <= NAME_LENGTH_MAX) return [];
  const message = `A channel needs a name of at most ${NAME_LENGTH_MAX} characters.`;
  return [{ code: "channel.name", severity: "error", path: "/name", message }];
}

function missingSecrets(kind: ChannelKind, secrets: ReadonlyMap<string, string>, kept: boolean): Problem[] {
  return kind.fields.flatMap(({ name, label, type, optional }) => {
    if (type !== "secret" || optional === true || secrets.has(name)) return [];
    return [
      problemAt(
        name,
        kept ? `${label} is missing.` : `${label} is missing: the receiver changed, enter it again.`,
      ),
    ];
  });
}

function refusal(path: string, message: string, code = "channel.invalid"): ChannelAnswer {
  return { ok: false, problems: [{ code, severity: "error", path, message }] };
}

function testNotice(at: number): Notice {
  return {
    id: `test-${at}`,
    title: "Test from Millrace",
    text: "This channel works.",
    severity: "info",
    flow: "",
    node: "",
    run: "",
    at,
  };
}
