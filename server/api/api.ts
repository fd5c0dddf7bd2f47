import Fastify, { type FastifyInstance } from "fastify";
import { docsRoutes } from "./docs.ts";
import { moveListener } from "./moveListener.ts";
import { answerFailures, endWithProblem, sendProblem } from "./failures.ts";
import { serveFiles } from "./files.ts";
import { createGuard } from "./guard.ts";
import { setSecurityHeaders } from "./headers.ts";
import { takeJsonOnly } from "./jsonBody.ts";
import { apiLimits, type ApiLimits } from "./limits.ts";
import { createLive, type LiveCounts } from "./live.ts";
import type { MetricFamily } from "./metricFamily.ts";
import { metricsRoutes } from "./metrics.ts";
import { mountRoutes } from "./mount.ts";
import { collectOpenApi, openApiOf } from "./openapi.ts";
import type { ApiLog, ApiParts } from "./parts.ts";
import { ApiProblem, problemOf, unexpectedProblem } from "./problem.ts";
import { createRate } from "./rate.ts";
import type { Route } from "./route.ts";
import { apiRoutes } from "./routes.ts";
import { answerStrangers } from "./strangers.ts";
import { createUpgrades, type UpgradeHandler } from "./upgrades.ts";

export type * from "./parts.ts";
export type { MetricFamily } from "./metricFamily.ts";
export type { UpgradeHandler } from "./upgrades.ts";
export { labelledMetric, singleMetric } from "./metricFamily.ts";

export interface ApiSettings {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Addresses of proxies whose `X-Forwarded-*` headers are believed. @default none */
  readonly trustProxy?: readonly string[];
  readonly limits?: ApiLimits;
}

export interface ApiOptions {
  readonly parts: ApiParts;
  readonly settings: ApiSettings;
  /** The built editor; without it there is only the API. */
  readonly webFolder: string | undefined;
  readonly log: ApiLog;
  /** ms since 1970. */
  readonly now: () => number;
}

/** The HTTP side of the hub. */
export interface Api {
  /** For tests that inject requests without a port. */
  readonly app: FastifyInstance;
  /** The route table, for tests that walk it. */
  readonly routes: readonly Route[];
  start(): Promise<{ readonly port: number }>;
  /** Listens on another address, same port; open connections stay. */
  moveTo(host: string): void;
  stop(): Promise<void>;
  /** Hands the upgrades of a path to somebody else, such as the broker. */
  onUpgrade(path: string, handler: UpgradeHandler): void;
  liveCounts(): LiveCounts;
}

/** Connections to the HTTP port at once; devices that speak MQTT over WebSocket are among them. */
const CONNECTIONS_MAX = 6_000;

/** Builds the server; nothing listens before `start()`. */
export function createApi({ parts, settings, webFolder, log, now }: ApiOptions): Api {
  const limits = settings.limits ?? apiLimits;
  const app = createApp(settings, limits);
  const rate = createRate({
    perSecond: limits.requestsPerSecond,
    burst: limits.requestBurst,
    keysMax: limits.rateKeys,
    now,
  });
  const guard = createGuard({ parts, rate });
  const live = createLive({ parts, guard, limits: limits.live, now });
  const upgrades = createUpgrades({
    live,
    isSetUp: () => parts.setup.isSetUp(),
    isBehindProxy: (settings.trustProxy ?? []).length > 0,
  });
  const routes = [
    ...apiRoutes(parts, now),
    ...metricsRoutes([...parts.metrics.families(), ...liveFamilies(() => live.counts())]),
    ...docsRoutes(() => openApiOf(app)),
  ];

  collectOpenApi(app, parts.hub.info().version);
  takeJsonOnly(app, limits.jsonDepth);
  answerFailures(app, log);
  answerStrangers(app, { routes, guard, hasPages: webFolder !== undefined });
  if (webFolder !== undefined) serveFiles(app, webFolder);
  // Registered, not called: what collects the routes must be there before them.
  app.register((scope, _options, done) => {
    mountRoutes(scope, routes, guard);
    done();
  });
  app.server.on("upgrade", upgrades.handle);
  app.server.maxConnections = CONNECTIONS_MAX;

  return {
    app,
    routes,
    async start() {
      await app.listen({ host: settings.host, port: settings.port });
      live.start();
      const address = app.server.address();
      return { port: typeof address === "object" && address !== null ? address.port : settings.port };
    },
    moveTo: (host) => moveListener(app.server, host, log),
    async stop() {
      live.stop();
      const deadline = setTimeout(() => {
        app.server.closeAllConnections();
        upgrades.destroyAll();
      }, limits.stopMs);
      try {
        await app.close();
      } finally {
        clearTimeout(deadline);
      }
    },
    onUpgrade: (path, handler) => upgrades.register(path, handler),
    liveCounts: () => live.counts(),
  };
}

function createApp(settings: ApiSettings, limits: ApiLimits): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    trustProxy: settings.trustProxy === undefined ? false : [...settings.trustProxy],
    http: { maxHeaderSize: limits.headerBytes },
    routerOptions: { maxParamLength: limits.urlBytes, ignoreTrailingSlash: false },
    // Every mistake at once, and nothing silently changed to fit.
    ajv: {
      customOptions: {
        allErrors: true,
        verbose: true,
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allowUnionTypes: true,
      },
    },
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(reply.raw, request.protocol === "https");
      const problem = new ApiProblem("request.malformed", "The address of the request cannot be read.", {
        cause: error,
      });
      void sendProblem(reply, problemOf(problem) ?? unexpectedProblem);
    },
    clientErrorHandler: (error, socket) => {
      const message = "The request is not valid HTTP, or its headers are too long.";
      endWithProblem(socket, new ApiProblem("request.malformed", message, { cause: error }));
    },
  });
  // Answers are what the handlers give: a serializer made from the schemas would leave out what they do not name.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.addHook("onRequest", async (request, reply) => {
    setSecurityHeaders(reply.raw, request.protocol === "https");
    if (request.url.length > limits.urlBytes)
      throw new ApiProblem(
        "request.url-too-long",
        `The address has more than ${limits.urlBytes} characters.`,
      );
  });
  return app;
}

function liveFamilies(counts: () => LiveCounts): readonly MetricFamily[] {
  return [
    {
      kind: "gauge",
      name: "live_connections",
      help: "Editors that watch.",
      read: () => [{ value: counts().open }],
    },
    {
      kind: "counter",
      name: "live_dropped_total",
      help: "Live values and messages that were left out because newer ones came.",
      read: () => [{ value: counts().dropped }],
    },
    {
      kind: "counter",
      name: "live_skipped_frames_total",
      help: "Live frames that were not sent because an editor was slow.",
      read: () => [{ value: counts().skippedFrames }],
    },
  ];
}
