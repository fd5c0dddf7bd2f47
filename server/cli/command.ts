/** Exit codes of every command; `start` has a few more (reference: reliability, section 7). */
export const exitCodes = { ok: 0, foundProblems: 1, usedWrongly: 2, hubFailed: 3 } as const;

/** The world as a command sees it. */
export interface CommandWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Resolves to the exit code. */
  run(args: readonly string[], world: CommandWorld): Promise<number>;
}
