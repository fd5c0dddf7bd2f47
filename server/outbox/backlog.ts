import type { OutboxLimits } from "./outboxLimits.ts";
import type { OutboxRow } from "./outboxStore.ts";

/** The rows that do not fit under the limits of their target, newest last: the oldest keep their place. */
export function overflowing(
  rows: readonly OutboxRow[],
  limits: Pick<OutboxLimits, "rowsPerTarget" | "bytesPerTarget">,
): readonly OutboxRow[] {
  const kept = new Map<string, { rows: number; bytes: number }>();
  return rows.filter((row) => {
    const target = kept.get(row.target) ?? { rows: 0, bytes: 0 };
    kept.set(row.target, target);
    const bytes = JSON.stringify(row.body ?? null).length;
    if (target.rows + 1 > limits.rowsPerTarget || target.bytes + bytes > limits.bytesPerTarget) return true;
    target.rows += 1;
    target.bytes += bytes;
    return false;
  });
}
