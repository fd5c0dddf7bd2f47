import type { Connection } from "./connection.ts";
import { guard, operation } from "./operation.ts";

export interface Token {
  readonly id: string;
  readonly name: string;
  /** What is shown of the token after it was made. */
  readonly prefix: string;
  readonly secretHash: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** API tokens. They go with their owner. */
export interface TokenStore {
  readonly all: () => readonly Token[];
  readonly get: (id: string) => Token | undefined;
  readonly insert: (token: Token) => Promise<void>;
  readonly touch: (id: string, lastUsedAt: number) => Promise<void>;
  /** `false`: there is no such token. */
  readonly remove: (id: string) => Promise<boolean>;
}

type Row = Omit<Token, "scopes"> & { readonly scopes: string };

const COLUMNS = "id, name, prefix, secretHash, userId, scopes, createdAt, expiresAt, lastUsedAt";

/** Tokens in hub.db. */
export function createTokenStore({ reader, commit }: Connection): TokenStore {
  return {
    all: () => reader.all<Row>(`SELECT ${COLUMNS} FROM tokens ORDER BY createdAt, id`).map(toToken),
    get: (id) => {
      const row = reader.get<Row>(`SELECT ${COLUMNS} FROM tokens WHERE id = ?`, id);
      return row === undefined ? undefined : toToken(row);
    },
    insert: async (token) => {
      await commit([
        operation(
          `INSERT INTO tokens (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          token.id,
          token.name,
          token.prefix,
          token.secretHash,
          token.userId,
          JSON.stringify(token.scopes),
          token.createdAt,
          token.expiresAt,
          token.lastUsedAt,
        ),
      ]);
    },
    touch: async (id, lastUsedAt) => {
      await commit([operation("UPDATE tokens SET lastUsedAt = ? WHERE id = ?", lastUsedAt, id)]);
    },
    remove: (id) => commit([guard("DELETE FROM tokens WHERE id = ?", id)]),
  };
}

function toToken(row: Row): Token {
  const scopes: readonly string[] = JSON.parse(row.scopes);
  return { ...row, scopes };
}
