import type { ChannelKindName } from "./channelKind.ts";

/** A channel as it is stored. */
export interface ChannelRow {
  readonly id: string;
  readonly kind: ChannelKindName;
  readonly name: string;
  readonly config: unknown;
  readonly secrets: string | null;
  readonly createdAt: number;
}
