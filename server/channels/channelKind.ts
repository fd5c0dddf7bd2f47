import type { Socket } from "node:net";
import type { Severity } from "#flows/node.ts";
import type { Problem } from "#flows/problem.ts";

/** Something people should know. */
export interface Notice {
  /** Idempotency key: the same for every attempt. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly severity: Severity;
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  /** ms since 1970. */
  readonly at: number;
}

/** How one attempt ended: `retry` may succeed later, `refused` never will. */
export type DeliveryOutcome =
  | { readonly outcome: "delivered"; readonly status?: number; readonly body?: string }
  | {
      readonly outcome: "retry";
      readonly error: string;
      readonly retryAfterMs?: number;
      readonly status?: number;
      readonly body?: string;
    }
  | {
      readonly outcome: "refused";
      readonly reason: string;
      readonly error: string;
      readonly status?: number;
      readonly body?: string;
    };

/** The way out of the hub; it refuses what the outbound policy does not allow. */
export interface ChannelConnect {
  deliver: (request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signal: AbortSignal;
  }) => Promise<DeliveryOutcome>;
  /** Rejects with an error whose `code` is `policy` when the target is not allowed. */
  openSocket: (endpoint: {
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    readonly signal: AbortSignal;
  }) => Promise<Socket>;
}

/** Where the hub itself keeps notices. A second one with the same id changes nothing. */
export interface Inbox {
  add: (notice: Notice) => Promise<void>;
}

/** One setting, for the form and the check. A secret is stored sealed and never shown. */
export interface FieldSpec {
  readonly type: "text" | "number" | "flag" | "choice" | "secret";
  readonly label: string;
  readonly help?: string;
  readonly optional?: boolean;
  readonly default?: string | number | boolean;
  readonly options?: readonly { readonly value: string; readonly title: string }[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A setting as lists give it. */
export interface ChannelField extends FieldSpec {
  readonly name: string;
}

export type FieldSpecs = Readonly<Record<string, FieldSpec>>;

/** The settings a channel works with: all present; an optional text that is not set is empty. */
export type ConfigOf<F extends FieldSpecs> = {
  readonly [
    Name in keyof F as F[Name]["type"] extends "secret" ? never : Name
  ]: F[Name]["type"] extends "number" ? number : F[Name]["type"] extends "flag" ? boolean : string;
};

/** The opened secrets; one that is not set is empty. */
export type SecretsOf<F extends FieldSpecs> = {
  readonly [Name in keyof F as F[Name]["type"] extends "secret" ? Name : never]: string;
};

export interface DeliveryContext<Config, Secrets> {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly connect: ChannelConnect;
  readonly inbox: Inbox;
  readonly signal: AbortSignal;
}

export type ChannelKindName = "inbox" | "email" | "webhook" | "ntfy";

/** One way to tell people, complete in itself: form, check and delivery derive from it. */
export interface ChannelSpec<F extends FieldSpecs> {
  readonly kind: ChannelKindName;
  readonly title: string;
  readonly summary: string;
  readonly fields: F;
  /** Where secrets go; a change of it clears them. */
  hostOf(config: ConfigOf<F>): string;
  /** What the fields alone cannot say. */
  check(config: ConfigOf<F>): readonly Problem[];
  deliver(notice: Notice, context: DeliveryContext<ConfigOf<F>, SecretsOf<F>>): Promise<DeliveryOutcome>;
}

export type ChannelValues = Readonly<Record<string, string | number | boolean>>;

/** A kind of channel as the registry of channels uses it. */
export interface ChannelKind {
  readonly kind: ChannelKindName;
  readonly title: string;
  readonly summary: string;
  readonly fields: readonly ChannelField[];
  hostOf(config: ChannelValues): string;
  check(config: ChannelValues): readonly Problem[];
  deliver(
    notice: Notice,
    context: DeliveryContext<ChannelValues, Readonly<Record<string, string>>>,
  ): Promise<DeliveryOutcome>;
}

/** Makes a kind from its spec; the types of settings and secrets follow from the fields. */
export function defineChannel<const F extends FieldSpecs>(spec: ChannelSpec<F>): ChannelKind {
  const fields = Object.entries(spec.fields).map(([name, field]) => Object.assign({ name }, field));
  // `readConfig` fills every field with a value of its type before a kind sees it.
  return { ...spec, fields };
}
