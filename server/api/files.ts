import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Files under this folder carry a hash of their content in their name. */
const HASHED = /[/\\]assets[/\\]/;
const YEAR_S = 31_536_000;

/** Serves the files of the editor: hashed ones may be kept forever, the others are asked for each time. */
export function serveFiles(app: FastifyInstance, folder: string): void {
  app.register(fastifyStatic, {
    root: folder,
    // Headers are ours alone; the entity tag still spares the bytes.
    cacheControl: false,
    dotfiles: "ignore",
    setHeaders: (response, path) => {
      const isHashed = HASHED.test(path.slice(folder.length));
      response.setHeader("cache-control", isHashed ? `public, max-age=${YEAR_S}, immutable` : "no-cache");
    },
    schemaHide: true,
  });
}

/** True when a browser opens an address of the editor, which only the editor itself can tell apart. */
export function isPageView({ method, headers, url }: FastifyRequest): boolean {
  const isRead = method === "GET" || method === "HEAD";
  return isRead && !isApiUrl(url) && (headers.accept ?? "").includes("text/html");
}

/** Sends the page that every address of the editor starts with. */
export function sendPage(reply: FastifyReply): FastifyReply {
  return reply.code(200).sendFile("index.html");
}

/** True for addresses that belong to programs. */
export function isApiUrl(url: string): boolean {
  return /^\/api(?:[/?]|$)/.test(url);
}
