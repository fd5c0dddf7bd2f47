import type { DeliveryOutcome } from "./channelKind.ts";
import type { ChannelRow } from "./channelRow.ts";

/** Seals texts for the database; a sealed text opens only at the place it was made for. */
export interface ChannelVault {
  seal: (text: string, place: string) => string;
  open: (sealed: string, place: string) => string;
}

/** The secrets of a channel, sealed together as one text. */
export interface SecretBox {
  seal: (id: string, secrets: ReadonlyMap<string, string>) => string | null;
  open: (row: ChannelRow) => ReadonlyMap<string, string>;
  /** Which secrets are set; none when they cannot be opened. */
  namesIn: (row: ChannelRow) => ReadonlySet<string>;
  /** Takes secrets out of what a receiver answered: it may have sent them back. */
  redacted: (outcome: DeliveryOutcome, secrets: ReadonlyMap<string, string>) => DeliveryOutcome;
}

/** Shorter secrets are left in: they would hit by chance. */
const REDACTED_LENGTH_MIN = 4;

export function createSecretBox(vault: ChannelVault): SecretBox {
  const open = (row: ChannelRow): ReadonlyMap<string, string> => {
    if (row.secrets === null) return new Map();
    const stored: unknown = JSON.parse(vault.open(row.secrets, placeOf(row.id)));
    return new Map(
      Object.entries(typeof stored === "object" && stored !== null ? stored : {}).map(([name, text]) => [
        name,
        String(text),
      ]),
    );
  };
  return {
    seal: (id, secrets) =>
      secrets.size === 0 ? null : vault.seal(JSON.stringify(Object.fromEntries(secrets)), placeOf(id)),
    open,
    namesIn(row) {
      try {
        return new Set(open(row).keys());
      } catch {
        // The key changed: nothing is set as far as anyone can tell, and a delivery will say why.
        return new Set();
      }
    },
    redacted(outcome, secrets) {
      const hide = (text: string) =>
        [...secrets.values()].reduce(
          (rest, secret) => (secret.length < REDACTED_LENGTH_MIN ? rest : rest.replaceAll(secret, "•••")),
          text,
        );
      const body = outcome.body === undefined ? {} : { body: hide(outcome.body) };
      return outcome.outcome === "delivered"
        ? { ...outcome, ...body }
        : { ...outcome, ...body, error: hide(outcome.error) };
    },
  };
}

function placeOf(id: string): string {
  return `channels/${id}/secrets`;
}
