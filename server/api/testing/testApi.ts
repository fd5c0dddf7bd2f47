import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { createApi, type Api, type ApiSettings } from "../api.ts";
import type { ApiParts } from "../parts.ts";
import { createMemoryParts, type MemoryParts } from "./memoryParts.ts";

/** An API over parts in memory, on a clock of its own. */
export interface TestApi {
  readonly api: Api;
  readonly memory: MemoryParts;
  readonly clock: { now: number };
  readonly errors: object[];
  /** Sends a request as a role's browser session, or as nobody. */
  readonly send: (as: string | undefined, request: InjectOptions) => Promise<LightMyRequestResponse>;
}

export interface TestApiOptions {
  /** In place of those in memory. */
  readonly parts?: Partial<ApiParts>;
  readonly settings?: Partial<ApiSettings>;
  readonly webFolder?: string;
}

/** Nothing listens; requests are injected. */
export function createTestApi({ parts, settings, webFolder }: TestApiOptions = {}): TestApi {
  const memory = createMemoryParts();
  const clock = { now: 0 };
  const errors: object[] = [];
  const api = createApi({
    parts: { ...memory.parts, ...parts },
    settings: { host: "127.0.0.1", port: 0, ...settings },
    webFolder,
    log: { info: () => {}, warn: () => {}, error: (details) => errors.push(details) },
    now: () => clock.now,
  });
  return {
    api,
    memory,
    clock,
    errors,
    send: (as, { headers, ...request }) => {
      // As a browser's own page would: requests follow each other slowly, and carry the session.
      clock.now += 1_000;
      return api.app.inject({
        ...request,
        headers: { ...(as !== undefined && { cookie: `millrace=${as}`, "x-millrace": "1" }), ...headers },
      });
    },
  };
}
