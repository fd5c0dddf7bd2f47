/** What a token may be limited to; each area has a scope to read and one to write. */
export const SCOPE_AREAS = [
  "flows",
  "devices",
  "runs",
  "history",
  "alarms",
  "channels",
  "settings",
  "users",
  "audit",
] as const;
