/** Bounds of the HTTP side of the hub (reference: security, section 8; reliability, section 5). */
export interface ApiLimits {
  readonly bodyBytes: number;
  readonly urlBytes: number;
  readonly headerBytes: number;
  /** Nesting of a JSON body. */
  readonly jsonDepth: number;
  /** Of one session, one token, or one address that is not signed in. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Sessions and addresses whose rate is remembered. */
  readonly rateKeys: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** How long `stop` waits for answers under way. */
  readonly stopMs: number;
  readonly live: LiveLimits;
}

/** Bounds of one live WebSocket. */
export interface LiveLimits {
  readonly socketsPerSession: number;
  readonly sockets: number;
  /** Frames of one socket are at least so far apart: a node shows at most 10 values a second. */
  readonly frameMs: number;
  /** Unsent bytes; beyond, frames are skipped and only the latest per key is kept. */
  readonly bufferedBytes: number;
  /** A socket that stays beyond `bufferedBytes` for so long is closed. */
  readonly stuckMs: number;
  readonly pingMs: number;
  readonly requestBytes: number;
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Messages of one frame; beyond, the oldest are left out and counted. */
  readonly messages: number;
  /** Ports of one flow with a value in one frame. */
  readonly values: number;
  /** Changes of devices, flows and so on in one frame. */
  readonly events: number;
  /** Characters of a value. */
  readonly valueLength: number;
}

/** The defaults. */
export const apiLimits: ApiLimits = {
  bodyBytes: 1024 * 1024,
  urlBytes: 2 * 1024,
  headerBytes: 16 * 1024,
  jsonDepth: 32,
  requestsPerSecond: 50,
  requestBurst: 200,
  rateKeys: 10_000,
  requestMs: 30_000,
  stopMs: 3_000,
  live: {
    socketsPerSession: 5,
    sockets: 200,
    frameMs: 100,
    bufferedBytes: 1024 * 1024,
    stuckMs: 30_000,
    pingMs: 20_000,
    requestBytes: 4 * 1024,
    requestsPerSecond: 10,
    requestBurst: 50,
    messages: 200,
    values: 2_000,
    events: 1_000,
    valueLength: 120,
  },
};

/** Items of one page: what is asked for by default, and at most. */
export const pageLimits = { history: 50, list: 200, max: 500 } as const;
