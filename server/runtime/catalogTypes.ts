import type { FlowDocument } from "#flows/flow.ts";
import type { Problem } from "#flows/problem.ts";
import type { StoredSummary } from "./catalogStore.ts";
import type { Deployable } from "./runtime.ts";
import type { FlowStatus } from "./status.ts";

/** A flow as lists show it. Times are ms since 1970. */
export interface CatalogSummary extends Omit<StoredSummary, "createdAt"> {
  readonly description: string;
  /** The draft differs from what runs. */
  readonly changed: boolean;
  readonly status: FlowStatus;
}

export interface CatalogDetail extends CatalogSummary {
  readonly draft: FlowDocument;
  readonly deployed: FlowDocument | null;
  readonly problems: readonly Problem[];
}

export interface CatalogVersion {
  readonly version: number;
  readonly author: string;
  readonly comment: string;
  readonly createdAt: number;
  readonly document: FlowDocument;
}

export interface Deployed {
  readonly version: number;
  readonly revision: number;
  readonly problems: readonly Problem[];
  readonly keptTimers: number;
  readonly droppedTimers: number;
}

export type CatalogChange =
  | { readonly type: "flow"; readonly flow: CatalogSummary }
  | { readonly type: "flow-removed"; readonly flow: string };

/** Whoever changes a flow. */
export interface Author {
  readonly user: { readonly name: string };
}

/** The flows of the hub: drafts that people edit, immutable versions that run. */
export interface Catalog {
  /** The versions that must run at the start. */
  enabled(): readonly Deployable[];
  list(): readonly CatalogSummary[];
  get(id: string): CatalogDetail | undefined;
  create(request: NewFlow, by: Author): Promise<CatalogDetail>;
  save(change: {
    readonly id: string;
    readonly document: unknown;
    readonly revision: number;
    readonly by: Author;
  }): Promise<CatalogDetail>;
  remove(request: {
    readonly id: string;
    readonly revision?: number | undefined;
    readonly by: Author;
  }): Promise<void>;
  deploy(request: {
    readonly id: string;
    readonly comment: string;
    readonly revision?: number | undefined;
    readonly by: Author;
  }): Promise<Deployed>;
  /** Makes an earlier version the newest one; the draft stays as it is. */
  rollback(request: {
    readonly id: string;
    readonly version: number;
    readonly comment: string;
    readonly by: Author;
  }): Promise<Deployed>;
  setEnabled(id: string, isEnabled: boolean, by: Author): Promise<CatalogSummary>;
  versions(id: string): readonly CatalogVersion[];
  inject(
    id: string,
    request: { readonly node: string; readonly payload?: unknown },
  ): { readonly run?: string };
  onChange(listener: (change: CatalogChange) => void): () => void;
}

export interface NewFlow {
  readonly name?: string;
  readonly document?: unknown;
  /** Id of a template of the library. */
  readonly template?: string;
}
