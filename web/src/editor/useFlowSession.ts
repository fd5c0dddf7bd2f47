import {
  type ComputedRef,
  type Ref,
  type ShallowRef,
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
} from "vue";
import type { FlowDocument } from "#flows/flow.ts";
import { type Problem, hasErrors } from "#flows/problem.ts";
import { validateFlow } from "#flows/validate.ts";
import type { FlowDetail, FlowSummary } from "#server/api/contract.ts";
import { ApiError, api } from "../api.ts";
import { toast } from "../ui/toasts.ts";
import { useLiveEvent, useLiveResume } from "../useLiveEvent.ts";
import { type Change, changesBetween, sameJson } from "./diff.ts";
import { type DraftState, createDraft } from "./draft.ts";
import type { FlowEditor } from "./flowEditor.ts";
import { specs } from "./specs.ts";

/** How a flow under edit stands at the hub: its draft, its problems, what a deploy would change. */
export interface FlowSession {
  readonly summary: ShallowRef<FlowSummary>;
  readonly problems: ShallowRef<readonly Problem[]>;
  readonly changes: ComputedRef<readonly Change[]>;
  readonly draftState: Ref<DraftState>;
  readonly draftError: Ref<string | undefined>;
  readonly deployState: Ref<"idle" | "deploying" | "failed">;
  readonly deployError: Ref<string | undefined>;
  saveNow(): Promise<void>;
  deploy(): Promise<void>;
  setEnabled(on: boolean): Promise<void>;
  /** After a conflict: keep what is on the screen, or take over what somebody else saved. */
  keepMine(): Promise<void>;
  takeTheirs(): Promise<void>;
}

/** Checking costs little; twice a keystroke would be waste all the same. */
const CHECK_AFTER_MS = 120;
const STALE = 412;

/** Follows an editor: saves, checks and deploys what it holds. */
export function useFlowSession(editor: FlowEditor, detail: FlowDetail): FlowSession {
  const { id } = detail;
  const summary = shallowRef<FlowSummary>(detail);
  const deployed = shallowRef<FlowDocument | null>(detail.deployed);
  const problems = shallowRef<readonly Problem[]>(check(editor.document.value));
  const draftState = ref<DraftState>("saved");
  const draftError = ref<string>();
  const deployState = ref<"idle" | "deploying" | "failed">("idle");
  const deployError = ref<string>();
  let saved: FlowDocument = detail.draft;
  let checkTimer: ReturnType<typeof setTimeout> | undefined;

  const draft = createDraft({
    revision: detail.revision,
    async save(document, revision) {
      const answer = await api.saveFlow(document, revision);
      saved = document;
      summary.value = answer;
      return answer.revision;
    },
    isConflict: (error) => error instanceof ApiError && error.status === STALE,
    isFinal: (error) => error instanceof ApiError && error.status >= 400 && error.status < 500,
    onState(state, error) {
      draftState.value = state;
      draftError.value = error instanceof Error ? error.message : undefined;
    },
  });

  watch(editor.document, (document) => {
    if (deployState.value === "failed") deployState.value = "idle";
    // A redo can lead back to the very document that was saved last while an older one still waits to be saved.
    if (document !== saved || draftState.value !== "saved") draft.schedule(document);
    clearTimeout(checkTimer);
    checkTimer = setTimeout(() => (problems.value = check(document)), CHECK_AFTER_MS);
  });

  const onHide = (): void => void (document.visibilityState === "hidden" && draft.flush());
  document.addEventListener("visibilitychange", onHide);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", onHide);
    clearTimeout(checkTimer);
    void draft.flush();
  });
  useLiveEvent("flow", ({ flow }) => {
    if (flow.id === id) onForeignNews(flow);
  });
  useLiveResume(() => void draft.flush());

  function onForeignNews(flow: FlowSummary): void {
    summary.value = flow;
    const mine = draftState.value !== "saved" || flow.revision <= draft.revision();
    if (!mine && editor.document.value === saved) void takeTheirs();
  }

  async function reload(): Promise<FlowDetail> {
    const fresh = await api.flow(id);
    summary.value = fresh;
    deployed.value = fresh.deployed;
    draft.rebase(fresh.revision);
    return fresh;
  }

  async function takeTheirs(): Promise<void> {
    const fresh = await reload();
    saved = fresh.draft;
    draftState.value = "saved";
    if (!sameJson(fresh.draft, editor.document.value)) editor.reset(fresh.draft);
    problems.value = check(fresh.draft);
  }

  async function keepMine(): Promise<void> {
    await reload();
    draft.schedule(editor.document.value);
    await draft.flush();
  }

  async function deploy(): Promise<void> {
    const document = editor.document.value;
    problems.value = check(document);
    if (hasErrors(problems.value) || deployState.value === "deploying") return;
    deployState.value = "deploying";
    deployError.value = undefined;
    try {
      await draft.flush();
      if (draftState.value !== "saved")
        throw new Error(draftError.value ?? "The draft could not be saved yet.");
      const answer = await api.deployFlow(id);
      deployed.value = document;
      draft.rebase(answer.revision);
      deployState.value = "idle";
      editor.announce(`Version ${answer.version} is running`);
      toast(`Version ${answer.version} is running.${timersText(answer)}`);
    } catch (error) {
      deployState.value = "failed";
      deployError.value = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiError && error.problems.length > 0) problems.value = error.problems;
    }
  }

  return {
    summary,
    problems,
    changes: computed(() => changesBetween(deployed.value, editor.document.value)),
    draftState,
    draftError,
    deployState,
    deployError,
    async saveNow() {
      await draft.flush();
      editor.announce(draftState.value === "saved" ? "Saved" : (draftError.value ?? "Not saved yet"));
    },
    deploy,
    async setEnabled(on) {
      summary.value = await api.switchFlow(id, on);
    },
    keepMine,
    takeTheirs,
  };
}

function check(document: FlowDocument): readonly Problem[] {
  const order = { error: 0, warning: 1, hint: 2 };
  return validateFlow(document, specs).problems.toSorted((a, b) => order[a.severity] - order[b.severity]);
}

function timersText({
  keptTimers,
  droppedTimers,
}: {
  readonly keptTimers: number;
  readonly droppedTimers: number;
}): string {
  const kept =
    keptTimers > 0 ? ` ${keptTimers} running ${keptTimers === 1 ? "timer goes" : "timers go"} on.` : "";
  const dropped =
    droppedTimers > 0 ? ` ${droppedTimers} ${droppedTimers === 1 ? "was" : "were"} dropped.` : "";
  return kept + dropped;
}
