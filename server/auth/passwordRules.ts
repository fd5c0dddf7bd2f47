import { commonPasswords } from "./commonPasswords.ts";

/** Lengths in characters. The maximum keeps one request from hashing a megabyte. */
export const passwordLimits = { min: 10, max: 256, distinctMin: 4 } as const;

/** Why a password is not acceptable, in one sentence; `undefined` for one that is. */
export function passwordFault(password: string, name: string): string | undefined {
  const folded = password.normalize("NFKC").toLowerCase();
  const characters = Array.from(password);
  if (characters.length < passwordLimits.min)
    return `The password needs at least ${passwordLimits.min} characters; it has ${characters.length}.`;
  if (characters.length > passwordLimits.max)
    return `The password may have at most ${passwordLimits.max} characters.`;
  if (new Set(folded).size < passwordLimits.distinctMin)
    return `The password needs at least ${passwordLimits.distinctMin} different characters.`;
  if (commonPasswords.has(folded))
    return "This password is on every list of common passwords; choose another.";
  if (folded === name.toLowerCase()) return "The password must differ from the name.";
  return undefined;
}

const NAME_LENGTH_MAX = 64;
// Control characters, format characters and lone surrogates make two names look alike.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}]/u;

/** Why a user name is not acceptable, in one sentence. */
export function nameFault(name: string): string | undefined {
  if (name.trim() !== name || name === "")
    return "The name needs at least one character, and no blanks around it.";
  if (Array.from(name).length > NAME_LENGTH_MAX)
    return `The name may have at most ${NAME_LENGTH_MAX} characters.`;
  return UNPRINTABLE.test(name) ? "The name has characters that cannot be seen." : undefined;
}
