import { hash, verify } from "@node-rs/argon2";
import { AuthError } from "./authError.ts";

/** Hashes chosen passwords, slowly on purpose and few at a time. */
export interface Passwords {
  readonly hash: (password: string) => Promise<string>;
  /** Without a stored hash the answer is `false` and takes as long: nobody learns which names exist. */
  readonly verify: (password: string, stored: string | undefined) => Promise<boolean>;
}

/** Argon2id, the library's default; about 10 ms and 19 MiB each. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** So many are computed at once, and so many may wait for it. */
export const passwordSlots = { running: 4, waiting: 100 } as const;

const RETRY_AFTER_MS = 1_000;

/** Of a random password that nobody knows, with the same cost. */
const DECOY =
  "$argon2id$v=19$m=19456,t=2,p=1$MiJ8Klr1/Wj2QkzC/Mt49g$VH0+koBtdA6q6B+8w5Nsa7By/V2B3NJUvjXnfvgToI0";

/** Password hashing with a bounded number of slots. */
export function createPasswords(): Passwords {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inSlot<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running < passwordSlots.running) running += 1;
    else await slot();
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  function slot(): Promise<void> {
    if (waiting.length >= passwordSlots.waiting)
      throw new AuthError(
        "auth.throttled",
        "Too many people are signing in at once; try again in a moment.",
        {
          retryAfterMs: RETRY_AFTER_MS,
        },
      );
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  }

  return {
    hash: (password) => inSlot(() => hash(normal(password), COST)),
    verify: (password, stored) =>
      inSlot(async () => {
        const isRight = await verify(stored ?? DECOY, normal(password));
        return isRight && stored !== undefined;
      }),
  };
}

/** Keyboards write the same letter in different ways. */
function normal(password: string): string {
  return password.normalize("NFKC");
}
