import type { Connection } from "./connection.ts";
import { guard, operation } from "./operation.ts";

export type ChannelKind = "inbox" | "email" | "webhook" | "ntfy";

export interface Channel {
  readonly id: string;
  readonly kind: ChannelKind;
  readonly name: string;
  /** Plain JSON without secrets. */
  readonly config: unknown;
  /** Sealed by the vault. */
  readonly secrets: string | null;
  readonly createdAt: number;
}

/** Ways to tell people. */
export interface ChannelStore {
  readonly all: () => readonly Channel[];
  readonly get: (id: string) => Channel | undefined;
  readonly put: (channel: Channel) => Promise<void>;
  /** `false`: there is no such channel. */
  readonly remove: (id: string) => Promise<boolean>;
}

type Row = Channel & { readonly config: string };

const COLUMNS = "id, kind, name, config, secrets, createdAt";

/** Channels in hub.db. */
export function createChannelStore({ reader, commit }: Connection): ChannelStore {
  return {
    all: () => reader.all<Row>(`SELECT ${COLUMNS} FROM channels ORDER BY id`).map(toChannel),
    get: (id) => {
      const row = reader.get<Row>(`SELECT ${COLUMNS} FROM channels WHERE id = ?`, id);
      return row === undefined ? undefined : toChannel(row);
    },
    put: async ({ id, kind, name, config, secrets, createdAt }) => {
      await commit([
        operation(
          `INSERT INTO channels (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name,
             config = excluded.config, secrets = excluded.secrets`,
          id,
          kind,
          name,
          JSON.stringify(config) ?? "null",
          secrets,
          createdAt,
        ),
      ]);
    },
    remove: (id) => commit([guard("DELETE FROM channels WHERE id = ?", id)]),
  };
}

function toChannel(row: Row): Channel {
  return { ...row, config: JSON.parse(row.config) as unknown };
}
