/** How the hub is, with a sentence for each thing that is wrong. */
export interface HubHealth {
  readonly state: "ok" | "degraded" | "failed" | "starting" | "stopping";
  readonly reasons: readonly string[];
  /** What works, and should be known or changed all the same. */
  readonly warnings?: readonly string[];
}

/** How one file of the store is. */
export interface FileHealth {
  readonly file: "hub" | "history";
  readonly state: "ok" | "disk-full" | "busy" | "failed";
  readonly message?: string | null;
}

/** Gathers what the parts say about themselves. */
export interface HealthWatch {
  get(): HubHealth;
  setPhase(phase: "starting" | "running" | "stopping"): void;
  /** Something beside the store is wrong, in a sentence; `undefined` when it is right again. */
  report(what: string, sentence: string | undefined): void;
  /** Nothing is wrong, but somebody should know; `undefined` when it is over. */
  warn(what: string, sentence: string | undefined): void;
  onChange(listener: (health: HubHealth) => void): () => void;
  /** A part has changed; listeners hear if the whole has. */
  look(): void;
}

/** Starts in the phase `starting`. */
export function createHealthWatch(files: () => readonly FileHealth[]): HealthWatch {
  const listeners = new Set<(health: HubHealth) => void>();
  let phase: "starting" | "running" | "stopping" = "starting";
  const reported = new Map<string, string>();
  const warned = new Map<string, string>();
  let told = "";

  function get(): HubHealth {
    if (phase !== "running") return { state: phase, reasons: [] };
    const bad = files().filter(({ state }) => state !== "ok");
    const hasFailed = bad.some(({ file, state }) => file === "hub" && state === "failed");
    const reasons = [...bad.map(sentenceOf), ...reported.values()];
    const warnings = warned.size === 0 ? {} : { warnings: [...warned.values()] };
    if (reasons.length === 0) return { state: "ok", reasons, ...warnings };
    return { state: hasFailed ? "failed" : "degraded", reasons, ...warnings };
  }

  function look(): void {
    const health = get();
    const text = JSON.stringify(health);
    if (text === told) return;
    told = text;
    for (const listener of listeners) listener(health);
  }

  function note(notes: Map<string, string>, what: string, sentence: string | undefined): void {
    if (sentence === undefined) notes.delete(what);
    else notes.set(what, sentence);
    look();
  }

  return {
    get,
    setPhase(next) {
      phase = next;
      look();
    },
    report: (what, sentence) => note(reported, what, sentence),
    warn: (what, sentence) => note(warned, what, sentence),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look,
  };
}

function sentenceOf({ file, state, message }: FileHealth): string {
  const what = file === "hub" ? "The hub's database" : "The history of runs";
  switch (state) {
    case "disk-full":
      return `${what} cannot be written because the disk is full; nothing is lost, and it goes on by itself once there is room.`;
    case "busy":
      return `${what} is locked by another program.`;
    case "failed":
    case "ok":
      return `${what} cannot be written: ${message ?? "the disk reported an error"}.`;
  }
}
