import type { FlowDocument } from "#flows/flow.ts";

/** How the draft stands: at the hub, on its way, overtaken by somebody else's, or not to be had. */
export type DraftState = "saved" | "waiting" | "saving" | "conflict" | "failed";

/** Keeps the draft at the hub in step with what is on the screen. */
export interface Draft {
  /** Saves this document after a short while; of several, only the newest. */
  schedule(document: FlowDocument): void;
  /** Saves at once what still waits, and waits for what is under way. */
  flush(): Promise<void>;
  /** Takes over a revision that the hub told. */
  rebase(revision: number): void;
  revision(): number;
}

export const SAVE_AFTER_MS = 500;
const RETRY_AFTER_MS = 3_000;

/** What the draft needs from outside. `save` gives the new revision. */
export interface DraftParts {
  readonly revision: number;
  readonly save: (document: FlowDocument, revision: number) => Promise<number>;
  readonly isConflict: (error: unknown) => boolean;
  /** An error that the same document will meet again: no use in trying once more. */
  readonly isFinal: (error: unknown) => boolean;
  readonly onState: (state: DraftState, error?: unknown) => void;
}

/** Makes the keeper of one draft; nothing happens until something is scheduled. */
export function createDraft({ revision, save, isConflict, isFinal, onState }: DraftParts): Draft {
  let current = revision;
  let next: FlowDocument | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  async function run(): Promise<void> {
    while (next !== undefined && !stopped) {
      const document = next;
      next = undefined;
      onState("saving");
      try {
        // One after the other: each save must name the revision that the one before it made.
        current = await save(document, current);
        onState(next === undefined ? "saved" : "waiting");
      } catch (error) {
        next ??= document;
        return onFailure(error);
      }
    }
  }

  function onFailure(error: unknown): void {
    if (isConflict(error)) {
      stopped = true;
      onState("conflict", error);
      return;
    }
    onState("failed", error);
    if (isFinal(error)) next = undefined;
    else arm(RETRY_AFTER_MS);
  }

  function arm(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), delayMs);
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    running ??= run().finally(() => (running = undefined));
    await running;
  }

  return {
    schedule(document) {
      next = document;
      if (stopped) return;
      onState("waiting");
      arm(SAVE_AFTER_MS);
    },
    flush,
    rebase(told) {
      current = told;
      stopped = false;
    },
    revision: () => current,
  };
}
