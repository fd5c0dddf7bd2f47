/** Every code that access refuses with, and what the user should know about it. */
const authErrorCodes = {
  "auth.wrong": "Name or password is wrong.",
  "auth.throttled": "Too many wrong passwords, or too many people signing in at once; try again later.",
  "setup.token-wrong": "The set-up token is wrong, spent or expired; a restart of the hub makes a new one.",
  "setup.done": "The hub has been set up already.",
  "user.invalid": "The name or the password is not acceptable.",
  "user.exists": "There is a user of this name already.",
  "user.unknown": "There is no such user.",
  "user.in-use": "The last administrator cannot be removed or lose the role.",
  "token.invalid": "The token's name, scopes or lifetime is not acceptable.",
  "token.too-many": "The user has as many tokens as allowed.",
} as const;

export type AuthErrorCode = keyof typeof authErrorCodes;

/** Access is refused: a stable code, a sentence, and when it makes sense to try again. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: AuthErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}
