import fastifySwagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { isRecord } from "./isRecord.ts";
import type { Schema } from "./schema.ts";
import { components } from "./schemas/index.ts";

/** The part of an OpenAPI document that the documentation page reads. */
export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses?: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

const DESCRIPTION =
  "Everything the editor does, a program can do too. Errors are problem documents (RFC 9457) with a stable code. " +
  "Lists page by cursor: pass `next` as `?cursor=`. Programs send `Authorization: Bearer <token>`; " +
  "pages send the session cookie and, with every change, the header `X-Millrace: 1`.";

/** Collects the routes that are added after it into an OpenAPI document. */
export function collectOpenApi(app: FastifyInstance, version: string): void {
  for (const { schema } of components) app.addSchema(schema);
  app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Millrace", version, description: DESCRIPTION },
      components: {
        securitySchemes: {
          session: { type: "apiKey", in: "cookie", name: "millrace" },
          token: { type: "http", scheme: "bearer" },
        },
      },
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === "string" ? $id : `schema-${index}`,
    },
  });
}

/** The collected document; complete once the server is ready. */
export function openApiOf(app: FastifyInstance): OpenApiDocument {
  const document: unknown = app.swagger();
  if (isOpenApi(document)) return document;
  throw new Error("The OpenAPI document was not collected.");
}

function isOpenApi(value: unknown): value is OpenApiDocument {
  return isRecord(value) && isRecord(value["paths"]) && isRecord(value["info"]);
}
