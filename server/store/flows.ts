import type { Connection } from "./connection.ts";
import { guard, operation, type Operation } from "./operation.ts";

/** A flow without its document. */
export interface FlowSummary {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Rises with each saved draft; a writer names the one it read. */
  readonly revision: number;
  readonly deployedVersion: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface StoredFlow extends FlowSummary {
  /** The document as it was saved; check it again before use. */
  readonly draft: unknown;
}

export interface FlowVersionSummary {
  readonly flow: string;
  readonly version: number;
  readonly author: string;
  readonly comment: string | null;
  readonly createdAt: number;
}

export interface FlowVersion extends FlowVersionSummary {
  readonly document: unknown;
}

/** A draft to save, and the revision it is based on. */
export interface DraftChange {
  readonly id: string;
  readonly name: string;
  readonly draft: unknown;
  readonly expectedRevision: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** A version to make live; `forgetNodes` lose their state and timers. */
export interface Deployment extends FlowVersion {
  readonly forgetNodes: readonly string[];
  /** Given: the deployment fails when the draft has changed since. */
  readonly expectedRevision?: number | undefined;
}

/** Flows, their drafts and their immutable versions. */
export interface FlowStore {
  readonly list: () => readonly FlowSummary[];
  readonly get: (id: string) => StoredFlow | undefined;
  /** `false`: the id is taken. A new flow starts without state, whatever an earlier one of its name left. */
  readonly insert: (flow: StoredFlow) => Promise<boolean>;
  /** `false`: somebody else has saved since, or the flow is gone; nothing was written. */
  readonly saveDraft: (change: DraftChange) => Promise<boolean>;
  /** One transaction. `false`: the version exists, the draft has changed, or the flow is gone. */
  readonly deploy: (deployment: Deployment) => Promise<boolean>;
  readonly setEnabled: (id: string, enabled: boolean) => Promise<boolean>;
  /** Also removes versions, state and timers. `false`: there is no such flow. */
  readonly remove: (id: string) => Promise<boolean>;
  readonly versions: (flow: string) => readonly FlowVersionSummary[];
  readonly version: (flow: string, version: number) => FlowVersion | undefined;
}

type SummaryRow = Omit<FlowSummary, "enabled"> & { readonly enabled: number };
type FlowRow = SummaryRow & { readonly draft: string };
type VersionRow = FlowVersionSummary & { readonly document: string };

const SUMMARY = "id, name, enabled, revision, deployedVersion, createdAt, updatedAt, updatedBy";
const VERSION = "flow, version, author, comment, createdAt";

/** Flows in hub.db. */
export function createFlowStore({ reader, commit }: Connection): FlowStore {
  return {
    list: () => reader.all<SummaryRow>(`SELECT ${SUMMARY} FROM flows ORDER BY id`).map(toSummary),
    get: (id) => {
      const row = reader.get<FlowRow>(`SELECT ${SUMMARY}, draft FROM flows WHERE id = ?`, id);
      return row === undefined ? undefined : { ...toSummary(row), draft: JSON.parse(row.draft) as unknown };
    },
    insert: (flow) => commit([insertFlow(flow), ...forgetAll(flow.id)]),
    saveDraft: (change) => commit([saveDraft(change)]),
    deploy: (deployment) => commit(deploy(deployment)),
    setEnabled: (id, enabled) =>
      commit([guard("UPDATE flows SET enabled = ? WHERE id = ?", enabled ? 1 : 0, id)]),
    remove: (id) => commit([guard("DELETE FROM flows WHERE id = ?", id), ...forgetAll(id)]),
    versions: (flow) =>
      reader.all<FlowVersionSummary>(
        `SELECT ${VERSION} FROM flowVersions WHERE flow = ? ORDER BY version DESC`,
        flow,
      ),
    version: (flow, version) => {
      const row = reader.get<VersionRow>(
        `SELECT ${VERSION}, document FROM flowVersions WHERE flow = ? AND version = ?`,
        flow,
        version,
      );
      return row === undefined ? undefined : { ...row, document: JSON.parse(row.document) as unknown };
    },
  };
}

function insertFlow(flow: StoredFlow): Operation {
  return guard(
    `INSERT INTO flows (${SUMMARY}, draft) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    flow.id,
    flow.name,
    flow.enabled ? 1 : 0,
    flow.revision,
    flow.deployedVersion,
    flow.createdAt,
    flow.updatedAt,
    flow.updatedBy,
    JSON.stringify(flow.draft),
  );
}

function saveDraft({ id, name, draft, expectedRevision, updatedAt, updatedBy }: DraftChange): Operation {
  return guard(
    `UPDATE flows SET name = ?, draft = ?, revision = revision + 1, updatedAt = ?, updatedBy = ?
     WHERE id = ? AND revision = ?`,
    name,
    JSON.stringify(draft),
    updatedAt,
    updatedBy,
    id,
    expectedRevision,
  );
}

function deploy(deployment: Deployment): readonly Operation[] {
  const { flow, version, document, author, comment, createdAt } = deployment;
  return [
    guard(
      "UPDATE flows SET deployedVersion = ? WHERE id = ? AND revision = coalesce(?, revision)",
      version,
      flow,
      deployment.expectedRevision ?? null,
    ),
    guard(
      `INSERT INTO flowVersions (${VERSION}, document) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      flow,
      version,
      author,
      comment,
      createdAt,
      JSON.stringify(document),
    ),
    ...deployment.forgetNodes.flatMap((node) => [
      operation("DELETE FROM state WHERE flow = ? AND node = ?", flow, node),
      operation("DELETE FROM timers WHERE flow = ? AND node = ?", flow, node),
    ]),
  ];
}

function forgetAll(flow: string): readonly Operation[] {
  return [
    operation("DELETE FROM state WHERE flow = ?", flow),
    operation("DELETE FROM timers WHERE flow = ?", flow),
  ];
}

function toSummary(row: SummaryRow): FlowSummary {
  const { id, name, revision, deployedVersion, createdAt, updatedAt, updatedBy } = row;
  return { id, name, enabled: row.enabled === 1, revision, deployedVersion, createdAt, updatedAt, updatedBy };
}
