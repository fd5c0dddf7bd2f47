import type { FastifyReply, FastifyRequest } from "fastify";
import type { Role } from "./contract.ts";
import type { Who } from "./parts.ts";
import type { Schema } from "./schema.ts";
import type { Scope } from "./scopes.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The types of what a route takes and gives. */
export interface Shape {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly answer: unknown;
}

/** A checked request. `body` is `undefined` where none was sent and none is required. */
export interface Call<S extends Shape> {
  readonly params: S["params"];
  readonly query: S["query"];
  readonly body: S["body"];
  readonly address: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What every route declares: documentation and validation follow from it. */
export interface RouteSpec<S extends Shape> {
  readonly method: Method;
  /** Below `/api/v1`, unless `isOutside`. */
  readonly path: string;
  readonly isOutside?: true;
  /** One sentence. */
  readonly summary: string;
  readonly description?: string;
  readonly params?: Schema;
  readonly query?: Schema;
  readonly body?: Schema;
  /** The body may be left out. */
  readonly isBodyOptional?: true;
  /** Left out: the route answers 204 and nothing else. */
  readonly answer?: Schema;
  /** @default 200, or 204 without an answer */
  readonly status?: 200 | 201;
  /** Media type of the answer. @default "application/json" */
  readonly media?: string;
  /** Needs `If-Match`, or takes it. */
  readonly ifMatch?: "required" | "optional";
  readonly handle?: (call: Call<S>) => S["answer"] | Promise<S["answer"]>;
}

/** A route that asks who is calling. */
export interface GuardedSpec<S extends Shape> extends Omit<RouteSpec<S>, "handle"> {
  readonly scope: Scope;
  /** The least role, where it is not the usual one of the scope. */
  readonly role?: Role;
  readonly handle: (call: Call<S> & { readonly who: Who }) => S["answer"] | Promise<S["answer"]>;
}

/** A route for everybody (`public`), or one that also answers before the set-up (`setup`). */
export interface OpenSpec<S extends Shape> extends Omit<RouteSpec<S>, "handle"> {
  readonly scope: "public" | "setup";
  readonly handle: (call: Call<S> & { readonly who: Who | undefined }) => S["answer"] | Promise<S["answer"]>;
}

/** A route with its types forgotten, as the table holds it. */
export interface Route extends Omit<RouteSpec<Shape>, "handle"> {
  readonly scope: Scope | "public" | "setup";
  readonly role?: Role;
  /** The whole path. */
  readonly url: string;
  readonly handle: (call: Call<Shape>, who: Who | undefined) => unknown;
}

export const API_BASE = "/api/v1";

/** Declares a route for callers who are signed in. */
export function route<S extends Shape>(spec: GuardedSpec<S>): Route {
  const { handle, ...rest } = spec;
  return {
    ...rest,
    url: urlOf(rest),
    handle: (call, who) => {
      // The guard has refused such a call already; a table without guard must not serve it either.
      if (who === undefined)
        throw new Error(`The route ${spec.method} ${spec.path} was called without a caller.`);
      return handle({ ...call, who });
    },
  };
}

/** Declares a route for everybody. */
export function openRoute<S extends Shape>(spec: OpenSpec<S>): Route {
  const { handle, ...rest } = spec;
  return { ...rest, url: urlOf(rest), handle: (call, who) => handle({ ...call, who }) };
}

function urlOf({ path, isOutside }: Pick<RouteSpec<Shape>, "path" | "isOutside">): string {
  return isOutside === true ? path : API_BASE + path;
}
