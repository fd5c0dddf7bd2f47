import { createHash } from "node:crypto";
import type { Connection } from "./connection.ts";
import { guard, operation } from "./operation.ts";
import { boundsOf, pageOf, type Page, type PageRequest } from "./page.ts";

export interface AuditEntry {
  readonly at: number;
  /** Who: a user or token id, or `hub`. */
  readonly actor: string;
  /** What, as `<area>.<verb>`. */
  readonly action: string;
  readonly target: string | null;
  /** Plain JSON, such as the versions before and after; never a secret. */
  readonly detail: unknown;
  readonly address: string | null;
}

export interface AuditRow extends AuditEntry {
  readonly seq: number;
  readonly hash: string;
}

/** What a check of the chain found. */
export interface AuditVerdict {
  readonly isWhole: boolean;
  /** The first row that does not fit to the one before it; `null` when the newest rows are missing. */
  readonly brokenAt: number | null;
}

/** An append-only record; each row's hash covers the row before, so a row changed, removed or moved is found. */
export interface AuditStore {
  readonly append: (entry: AuditEntry) => Promise<void>;
  readonly list: (request: PageRequest) => Page<AuditRow>;
  readonly verify: () => AuditVerdict;
  /** Removes the rows older than a moment; the chain then starts at the first row that stays. */
  readonly prune: (before: number) => Promise<void>;
}

type Row = Omit<AuditRow, "detail"> & { readonly detail: string | null };
/** The hash before the first row, and the hash of the last. */
interface Chain {
  readonly anchor: string;
  readonly head: string;
}
type Hashed = Omit<Row, "seq" | "hash">;

const COLUMNS = "at, actor, action, target, detail, address, hash";

/** The audit record in hub.db. */
export function createAuditStore({ reader, commit }: Connection): AuditStore {
  let turn: Promise<unknown> = Promise.resolve();

  async function appendNow(entry: AuditEntry): Promise<void> {
    const row: Hashed = { ...entry, detail: JSON.stringify(entry.detail) ?? null };
    const head = chain().head;
    const hash = hashOf(head, row);
    const { at, actor, action, target, detail, address } = row;
    await commit([
      guard("UPDATE auditChain SET head = ? WHERE head = ?", hash, head),
      operation(
        `INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        at,
        actor,
        action,
        target,
        detail,
        address,
        hash,
      ),
    ]);
  }

  const chain = (): Chain =>
    reader.get<Chain>("SELECT anchor, head FROM auditChain") ?? { anchor: "", head: "" };

  return {
    // One at a time: each row needs the hash of the one before it, and audited actions are rare.
    append: (entry) => {
      const appended = turn.then(() => appendNow(entry));
      turn = appended.catch(() => undefined);
      return appended;
    },
    list: (request) => {
      const { before, limit } = boundsOf(request);
      const rows = reader.all<Row>(
        `SELECT seq, ${COLUMNS} FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
        before,
        limit + 1,
      );
      return pageOf(rows, limit, toAuditRow);
    },
    verify: () => {
      const { anchor, head } = chain();
      let expected = anchor;
      for (const row of reader.all<Row>(`SELECT seq, ${COLUMNS} FROM audit ORDER BY seq`)) {
        expected = hashOf(expected, row);
        if (row.hash !== expected) return { isWhole: false, brokenAt: row.seq };
      }
      return { isWhole: expected === head, brokenAt: null };
    },
    prune: async (before) => {
      await commit([
        operation(
          "UPDATE auditChain SET anchor = coalesce((SELECT hash FROM audit WHERE at < ? ORDER BY seq DESC LIMIT 1), anchor)",
          before,
        ),
        operation(
          "DELETE FROM audit WHERE seq <= (SELECT seq FROM audit WHERE at < ? ORDER BY seq DESC LIMIT 1)",
          before,
        ),
      ]);
    },
  };
}

function hashOf(before: string, { at, actor, action, target, detail, address }: Hashed): string {
  return createHash("sha256")
    .update(JSON.stringify([before, at, actor, action, target, detail, address]))
    .digest("hex");
}

function toAuditRow(row: Row): AuditRow {
  return { ...row, detail: row.detail === null ? null : (JSON.parse(row.detail) as unknown) };
}
