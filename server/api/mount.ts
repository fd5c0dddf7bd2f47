import type { FastifyInstance, FastifyRequest, FastifySchema } from "fastify";
import type { Caller, Guard } from "./guard.ts";
import { isRecord } from "./isRecord.ts";
import { ApiProblem } from "./problem.ts";
import type { Who } from "./parts.ts";
import { API_BASE, type Route } from "./route.ts";
import type { Schema } from "./schema.ts";
import { problemDocument } from "./schemas/problem.ts";

/** Puts the table into the web server: guard, schemas, handler. */
export function mountRoutes(app: FastifyInstance, routes: readonly Route[], guard: Guard): void {
  const callers = new WeakMap<FastifyRequest, Who>();
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.url,
      schema: schemaOf(route),
      onRequest: async (request) => {
        const who = await guard.admit(route, callerOf(request));
        if (who !== undefined) callers.set(request, who);
      },
      preValidation: async (request) => {
        if (route.query !== undefined) request.query = readQuery(request.query, route.query);
        if (route.body !== undefined) request.body = bodyOf(request.body, route);
      },
      handler: async (request, reply) => {
        const { params, query, body, ip: address } = request;
        const answer = await route.handle(
          { params, query, body, address, request, reply },
          callers.get(request),
        );
        if (route.answer === undefined) return reply.code(204).send();
        if (route.status !== undefined) reply.code(route.status);
        return reply.type(route.media ?? "application/json; charset=utf-8").send(answer);
      },
    });
  }
}

/** Who sent a request. */
export function callerOf(request: FastifyRequest): Caller {
  const { method, headers, ip, host, protocol } = request;
  return { method, headers, address: ip, hosts: [host], isSecure: protocol === "https" };
}

/** The schemas check the request; those of the answer only document it. */
function schemaOf(route: Route): FastifySchema {
  const { params, query, body, answer, status, media, description, ifMatch } = route;
  const isOpen = route.scope === "public" || route.scope === "setup";
  const success = status ?? (answer === undefined ? 204 : 200);
  return {
    summary: route.summary,
    ...(description !== undefined && { description }),
    tags: [areaOf(route)],
    security: isOpen ? [] : [{ session: [] }, { token: [route.scope] }],
    ...(ifMatch !== undefined && { headers: ifMatchHeader(ifMatch) }),
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && { body }),
    response: {
      [success]: {
        description: answer === undefined ? "Done." : "The answer.",
        ...(answer !== undefined && {
          content: { [(media ?? "application/json").split(";", 1)[0] ?? ""]: { schema: answer } },
        }),
      },
      default: {
        description: "What went wrong.",
        content: { "application/problem+json": { schema: problemDocument.ref } },
      },
    },
  };
}

/** Documentation; that the header is missing is told with a status of its own. */
function ifMatchHeader(need: NonNullable<Route["ifMatch"]>): Schema {
  const description = `The revision that the change is based on, such as "7" (${need}).`;
  return { type: "object", properties: { "if-match": { type: "string", description } } };
}

/** What a route is about: the first word of its path. */
function areaOf({ url }: Pick<Route, "url">): string {
  const word = url.startsWith(`${API_BASE}/`) ? (url.slice(API_BASE.length + 1).split("/", 1)[0] ?? "") : "";
  return /^[a-z]+$/.test(word) ? word : "hub";
}

/** A query holds only texts: those that the schema wants as numbers become numbers, and only plain ones. */
function readQuery(query: unknown, { properties = {} }: Schema): Readonly<Record<string, unknown>> {
  const read = Object.entries(isRecord(query) ? query : {}).map(([name, value]): [string, unknown] => {
    const isNumber = Object.hasOwn(properties, name) && properties[name]?.type === "integer";
    return [
      name,
      isNumber && typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
    ];
  });
  return Object.fromEntries(read);
}

function bodyOf(body: unknown, route: Route): unknown {
  if (body !== undefined) return body;
  if (route.isBodyOptional === true) return {};
  throw new ApiProblem("request.invalid", "This request needs a body in JSON.");
}
