/** Each role may all that the ones before it may. */
export const roles = ["viewer", "operator", "editor", "admin"] as const;

export type Role = (typeof roles)[number];

/** Areas a token can be given, each for reading or writing. */
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

export type Area = (typeof areas)[number];
export type Scope = `${Area}:${"read" | "write"}`;

/** Who is asking. */
export interface Principal {
  readonly user: { readonly id: string; readonly name: string; readonly role: Role };
  /** Names the session or token without its secret. */
  readonly key: string;
  readonly via: "session" | "token";
  /** Of a token; absent for a session, which may all that the role allows. */
  readonly scopes?: readonly string[];
}

/** The least role that may read and write an area; an operator's single switches are for the routes to allow. */
const leastRoles: Readonly<Record<Area, { readonly read: Role; readonly write: Role }>> = {
  flows: { read: "viewer", write: "editor" },
  devices: { read: "viewer", write: "editor" },
  runs: { read: "viewer", write: "editor" },
  history: { read: "viewer", write: "editor" },
  alarms: { read: "viewer", write: "operator" },
  channels: { read: "viewer", write: "admin" },
  settings: { read: "admin", write: "admin" },
  users: { read: "admin", write: "admin" },
  audit: { read: "admin", write: "admin" },
};

/** Every scope, in the order of the areas. */
export const scopes: readonly Scope[] = areas.flatMap((area) => [`${area}:read`, `${area}:write`] as const);

/** True for the name of a scope. */
export function isScope(text: string): text is Scope {
  const known: readonly string[] = scopes;
  return known.includes(text);
}

/** True when the role reaches as far as the scope. */
export function roleAllows(role: Role, scope: Scope): boolean {
  const { read, write } = leastRoles[areaOf(scope)];
  return roles.indexOf(role) >= roles.indexOf(scope.endsWith(":write") ? write : read);
}

/** True when both the role and, for a token, its scopes reach; who may write an area may read it. */
export function allows({ user, scopes: given }: Principal, scope: Scope): boolean {
  if (!roleAllows(user.role, scope)) return false;
  return given === undefined || given.includes(scope) || given.includes(`${areaOf(scope)}:write`);
}

function areaOf(scope: Scope): Area {
  const area = areas.find((each) => scope.startsWith(`${each}:`));
  if (area === undefined) throw new RangeError(`There is no scope ${scope}.`);
  return area;
}
