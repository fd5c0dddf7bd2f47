import { docsPage } from "./docsPage.ts";
import { docsStyle } from "./docsStyle.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { openRoute, type Route } from "./route.ts";

const text = { type: "string" } as const;

/** The API described for programs and for people. It tells nothing about this hub, so everybody may read it. */
export function docsRoutes(document: () => OpenApiDocument): readonly Route[] {
  return [
    openRoute<{ answer: OpenApiDocument }>({
      method: "GET",
      path: "/openapi.json",
      scope: "public",
      summary: "Describes this API as an OpenAPI document.",
      answer: { type: "object" },
      handle: document,
    }),
    openRoute<{ answer: string }>({
      method: "GET",
      path: "/api/docs",
      isOutside: true,
      scope: "public",
      summary: "Describes this API as a page to read.",
      answer: text,
      media: "text/html; charset=utf-8",
      handle: () => docsPage(document()),
    }),
    openRoute<{ answer: string }>({
      method: "GET",
      path: "/api/docs.css",
      isOutside: true,
      scope: "public",
      summary: "Gives the style of that page.",
      answer: text,
      media: "text/css; charset=utf-8",
      handle: () => docsStyle,
    }),
  ];
}
