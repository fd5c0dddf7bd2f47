import type { FlowDocument } from "#flows/flow.ts";
import { slugOf } from "#flows/slug.ts";
import type { AnyNode } from "#flows/node.ts";
import { type Problem, hasErrors, quoted } from "#flows/problem.ts";
import { documentProblems } from "#flows/shape.ts";
import { validateFlow } from "#flows/validate.ts";
import { CatalogError } from "./catalogError.ts";
import type {
  Author,
  Catalog,
  CatalogChange,
  CatalogDetail,
  CatalogSummary,
  Deployed,
  NewFlow,
} from "./catalogTypes.ts";
import type { CatalogStore, StoredSummary } from "./catalogStore.ts";
import type { Runtime } from "./runtime.ts";
import { flowStatus } from "./status.ts";
import { createTurns } from "./turns.ts";

export type * from "./catalogTypes.ts";

export interface CatalogParts {
  readonly store: CatalogStore;
  readonly runtime: Runtime;
  readonly specs: readonly AnyNode[];
  readonly templates: readonly FlowDocument[];
  readonly now: () => number;
}

/** Flows a hub may hold (security reference, section 8). */
const FLOWS_MAX = 2_000;

/** No flow has it: whoever makes a new one waits for those who were about to take the same id. */
const NEW_FLOWS = "";

/**
 * The catalog over a store and a runtime. Changes of one flow happen one after the other: a deploy, a switch or a
 * removal in between would leave store and runtime at odds.
 */
export function createCatalog({ store, runtime, specs, templates, now }: CatalogParts): Catalog {
  const inTurn = createTurns();
  const listeners = new Set<(change: CatalogChange) => void>();

  function stored(id: string) {
    const flow = store.get(id);
    if (flow === undefined) throw new CatalogError("flow.unknown", `There is no flow ${quoted(id)}.`);
    return flow;
  }

  function summaryOf(flow: StoredSummary & { readonly draft: unknown }): CatalogSummary {
    const { createdAt: _createdAt, draft, ...rest } = flow as typeof flow & { draft: FlowDocument };
    const { id, enabled, deployedVersion, name, revision, updatedAt, updatedBy } = rest;
    return {
      id,
      name,
      enabled,
      revision,
      deployedVersion,
      updatedAt,
      updatedBy,
      description: draft.description ?? "",
      changed:
        deployedVersion === null || JSON.stringify(draft) !== JSON.stringify(documentOf(id, deployedVersion)),
      status: flowStatus({ isDeployed: deployedVersion !== null, isEnabled: enabled }, runtime.status(id)),
    };
  }

  function detailOf(id: string): CatalogDetail {
    const flow = stored(id);
    const draft = flow.draft as FlowDocument;
    const deployed = flow.deployedVersion === null ? null : documentOf(id, flow.deployedVersion);
    return { ...summaryOf(flow), draft, deployed, problems: validateFlow(draft, specs).problems };
  }

  function documentOf(id: string, version: number): FlowDocument | null {
    return (store.version(id, version)?.document as FlowDocument | undefined) ?? null;
  }

  function tell(change: CatalogChange): void {
    for (const listener of listeners) listener(change);
  }

  function changed(id: string): CatalogSummary {
    const flow = summaryOf(stored(id));
    tell({ type: "flow", flow });
    return flow;
  }

  /** The document of a request for a new flow; its id and name are free to be made fit. */
  function documentFor({ name, document, template }: NewFlow): FlowDocument {
    const source =
      template === undefined ? (document ?? { millrace: 1, nodes: {}, wires: [] }) : templateOf(template);
    const { id: given, name: title = "New flow" } = {
      ...(source as Partial<FlowDocument>),
      ...(name !== undefined && { name }),
    };
    // An imported document keeps its id where it is free: other things may name it.
    const id = slugOf(name ?? (typeof given === "string" ? given : title), {
      isTaken: (slug) => store.get(slug) !== undefined,
    });
    const made = { ...(source as FlowDocument), millrace: 1 as const, id, name: title };
    refuseShapeless(made);
    return made;
  }

  function templateOf(id: string): FlowDocument {
    const template = templates.find((flow) => flow.id === id);
    if (template === undefined)
      throw new CatalogError("template.unknown", `There is no template ${quoted(id)}.`);
    return template;
  }

  /** Deploys a document as a new version; one place for a deploy and a rollback. */
  async function deployDocument(
    id: string,
    document: FlowDocument,
    request: { readonly comment: string; readonly revision?: number | undefined; readonly by: Author },
  ): Promise<Deployed> {
    const { deployedVersion } = stored(id);
    const deployed = deployedVersion === null ? undefined : documentOf(id, deployedVersion);
    const { program, problems, reset, keptTimers, droppedTimers } = runtime.plan(document, deployed);
    if (program === undefined)
      throw new CatalogError(
        "flow.invalid",
        `The flow has ${countErrors(problems)} and cannot be deployed.`,
        { problems },
      );
    const flow = stored(id);
    refuseStale(flow, request.revision);
    const version = (store.versions(id)[0]?.version ?? 0) + 1;
    const deployment = {
      flow: id,
      version,
      author: request.by.user.name,
      comment: request.comment,
      createdAt: now(),
      document,
      forgetNodes: reset,
      expectedRevision: request.revision,
    };
    const commit = async () => {
      if (!(await store.deploy(deployment))) refuseStale(stored(id), request.revision, true);
    };
    await (flow.enabled ? runtime.deploy(program, version, commit) : commit());
    const { revision } = changed(id);
    return { version, revision, problems, keptTimers, droppedTimers };
  }

  async function create(request: NewFlow, by: Author): Promise<CatalogDetail> {
    if (store.list().length >= FLOWS_MAX)
      throw new CatalogError(
        "flow.too-many",
        `The hub holds ${FLOWS_MAX} flows already, which is its limit.`,
      );
    const draft = documentFor(request);
    const { id, name } = draft;
    const at = now();
    await store.insert({
      id,
      name,
      draft,
      enabled: true,
      revision: 1,
      deployedVersion: null,
      createdAt: at,
      updatedAt: at,
      updatedBy: by.user.name,
    });
    changed(id);
    return detailOf(id);
  }

  async function save({
    id,
    document,
    revision,
    by,
  }: Parameters<Catalog["save"]>[0]): Promise<CatalogDetail> {
    refuseStale(stored(id), revision);
    refuseShapeless(document);
    const draft = document as FlowDocument;
    if (draft.id !== id)
      throw new CatalogError(
        "flow.invalid",
        `The document has the id ${quoted(draft.id)}; the flow is ${quoted(id)}.`,
      );
    const change = {
      id,
      name: draft.name,
      draft,
      expectedRevision: revision,
      updatedAt: now(),
      updatedBy: by.user.name,
    };
    if (!(await store.saveDraft(change))) refuseStale(stored(id), revision, true);
    changed(id);
    return detailOf(id);
  }

  async function remove({ id, revision }: Parameters<Catalog["remove"]>[0]): Promise<void> {
    refuseStale(stored(id), revision);
    await runtime.remove(id);
    await store.remove(id);
    tell({ type: "flow-removed", flow: id });
  }

  async function setEnabled(id: string, isEnabled: boolean): Promise<CatalogSummary> {
    const flow = stored(id);
    await store.setEnabled(id, isEnabled);
    if (!isEnabled) await runtime.remove(id);
    else if (flow.deployedVersion !== null && !flow.enabled)
      runtime.resume({ document: documentOf(id, flow.deployedVersion), version: flow.deployedVersion });
    return changed(id);
  }

  return {
    enabled: () =>
      store
        .list()
        .filter(({ enabled, deployedVersion }) => enabled && deployedVersion !== null)
        .map(({ id, deployedVersion }) => ({
          document: documentOf(id, deployedVersion!),
          version: deployedVersion!,
        })),
    list: () => store.list().flatMap(({ id }) => summaryOf(stored(id))),
    get: (id) => (store.get(id) === undefined ? undefined : detailOf(id)),
    create: (request, by) => inTurn(NEW_FLOWS, () => create(request, by)),
    save: (change) => inTurn(change.id, () => save(change)),
    remove: (request) => inTurn(request.id, () => remove(request)),
    deploy: ({ id, ...request }) =>
      inTurn(id, async () => deployDocument(id, stored(id).draft as FlowDocument, request)),
    rollback: ({ id, version, ...request }) =>
      inTurn(id, async () => {
        const document = documentOf(stored(id).id, version);
        if (document === null)
          throw new CatalogError("flow.version-unknown", `The flow ${quoted(id)} has no version ${version}.`);
        return deployDocument(id, document, request);
      }),
    setEnabled: (id, isEnabled) => inTurn(id, () => setEnabled(id, isEnabled)),
    versions: (id) =>
      store.versions(stored(id).id).map(({ flow, comment, ...version }) => ({
        ...version,
        comment: comment ?? "",
        document: documentOf(flow, version.version)!,
      })),
    inject(id, { node, payload }) {
      stored(id);
      const run = runtime.inject(id, node, payload);
      if (run !== undefined) return { run };
      throw new CatalogError(
        "node.unknown",
        `The running flow ${quoted(id)} has no inject node ${quoted(node)}; deploy it first.`,
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function refuseShapeless(document: unknown): void {
  const problems = documentProblems(document);
  if (hasErrors(problems))
    throw new CatalogError("flow.invalid", `The document is not a flow: it has ${countErrors(problems)}.`, {
      problems,
    });
}

function refuseStale({ id, revision }: StoredSummary, expected: number | undefined, isCertain = false): void {
  if (!isCertain && (expected === undefined || expected === revision)) return;
  throw new CatalogError(
    "flow.stale",
    `The flow ${quoted(id)} has been changed meanwhile; it is at revision ${revision} now.`,
    { revision },
  );
}

function countErrors(problems: readonly Problem[]): string {
  const count = problems.filter(({ severity }) => severity === "error").length;
  return count === 1 ? "1 error" : `${count} errors`;
}
