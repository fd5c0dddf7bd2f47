/** A flow without its document. Times are ms since 1970. */
export interface StoredSummary {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Rises with each saved draft. */
  readonly revision: number;
  readonly deployedVersion: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface StoredVersion {
  readonly flow: string;
  readonly version: number;
  readonly author: string;
  readonly comment: string | null;
  readonly createdAt: number;
}

/** What the catalog needs of the store. `false` means: somebody was faster, or the flow is gone; nothing was written. */
export interface CatalogStore {
  list(): readonly StoredSummary[];
  get(id: string): (StoredSummary & { readonly draft: unknown }) | undefined;
  insert(flow: StoredSummary & { readonly draft: unknown }): Promise<boolean>;
  saveDraft(change: {
    readonly id: string;
    readonly name: string;
    readonly draft: unknown;
    readonly expectedRevision: number;
    readonly updatedAt: number;
    readonly updatedBy: string;
  }): Promise<boolean>;
  deploy(
    deployment: StoredVersion & {
      readonly document: unknown;
      readonly forgetNodes: readonly string[];
      readonly expectedRevision?: number | undefined;
    },
  ): Promise<boolean>;
  setEnabled(id: string, enabled: boolean): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  versions(flow: string): readonly StoredVersion[];
  version(flow: string, version: number): (StoredVersion & { readonly document: unknown }) | undefined;
}
