import type { Role } from "./contract.ts";

/** Areas that a token can be given, each for reading or writing. */
const areas = [
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
type Area = (typeof areas)[number];

/** What a route asks of its caller. */
export type Scope = `${Area}:${"read" | "write"}`;

/** Every scope, in the order of the areas. */
export const scopes: readonly Scope[] = areas.flatMap((area) => [`${area}:read`, `${area}:write`] as const);

/** Each role may all that the ones before it may. */
export const roles: readonly Role[] = ["viewer", "operator", "editor", "admin"];

/** Areas that belong to administrators unless a route says otherwise. */
const ADMIN_AREAS: readonly string[] = ["settings", "users", "audit"] satisfies readonly Area[];

/** The least role for a scope. */
export function roleFor(scope: Scope): Role {
  const [area = "", verb] = scope.split(":");
  if (ADMIN_AREAS.includes(area)) return "admin";
  return verb === "read" ? "viewer" : "editor";
}

/** True when a role is the wanted one or a higher one. */
export function roleReaches(role: Role, wanted: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(wanted);
}

/** True when a token's scopes include one; who may write an area may also read it. */
export function scopesInclude(given: readonly string[], wanted: string): boolean {
  return given.includes(wanted) || given.includes(wanted.replace(/:read$/, ":write"));
}
