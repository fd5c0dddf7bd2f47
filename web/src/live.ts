import { type Ref, ref } from "vue";
import type { LiveEvent, LiveRequest } from "#server/api/contract.ts";
import { API_BASE } from "./api.ts";

type EventOf<Type extends LiveEvent["type"]> = Extract<LiveEvent, { readonly type: Type }>;

/** The one WebSocket to the hub. It comes back by itself and repeats what the screens watch. */
export interface Live {
  readonly state: Readonly<Ref<"off" | "connecting" | "open" | "lost">>;
  on<Type extends LiveEvent["type"]>(type: Type, listener: (event: EventOf<Type>) => void): () => void;
  /** Calls back after every connect but the first: what was loaded before may be old. */
  onResume(listener: () => void): () => void;
  watchFlow(flow: string | null): void;
  watchTopics(filter: string | null): void;
  start(): void;
  stop(): void;
}

const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 15_000;
const PING_MS = 20_000;
/** A hub that does not answer a ping for so long is gone, whatever the socket says. */
const SILENT_MS = 45_000;

/** Makes the connection; `start()` opens it. */
export function createLive(url: string, createSocket = (to: string) => new WebSocket(to)): Live {
  const state = ref<"off" | "connecting" | "open" | "lost">("off");
  const listeners = new Map<string, Set<(event: LiveEvent) => void>>();
  const resumeListeners = new Set<() => void>();
  const watched = { flow: null as string | null, filter: null as string | null };
  let socket: WebSocket | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let pingTimer: ReturnType<typeof setInterval> | undefined;
  let attempts = 0;
  let connects = 0;
  let heardAt = 0;

  function connect(): void {
    state.value = connects === 0 ? "connecting" : state.value;
    const opening = createSocket(url);
    socket = opening;
    opening.addEventListener("open", () => opening === socket && onOpen());
    opening.addEventListener("message", (event) => opening === socket && onMessage(String(event.data)));
    opening.addEventListener("close", () => opening === socket && onClose());
  }

  function onOpen(): void {
    attempts = 0;
    heardAt = Date.now();
    state.value = "open";
    if (watched.flow !== null) say({ type: "watch-flow", flow: watched.flow });
    if (watched.filter !== null) say({ type: "watch-topics", filter: watched.filter });
    pingTimer = setInterval(checkAlive, PING_MS);
    if (connects++ > 0) for (const listener of resumeListeners) listener();
  }

  function onMessage(text: string): void {
    heardAt = Date.now();
    const event = JSON.parse(text) as LiveEvent;
    for (const listener of listeners.get(event.type) ?? []) listener(event);
  }

  function onClose(): void {
    clearInterval(pingTimer);
    socket = undefined;
    if (state.value === "off") return;
    state.value = "lost";
    const waitMs = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** attempts++);
    // Spread over half the wait, so that all browsers do not come back in the same moment.
    retryTimer = setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
  }

  function checkAlive(): void {
    if (Date.now() - heardAt > SILENT_MS) socket?.close();
    else say({ type: "ping" });
  }

  function say(message: LiveRequest): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  return {
    state,
    on(type, listener) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set.add(listener as (event: LiveEvent) => void));
      return () => set.delete(listener as (event: LiveEvent) => void);
    },
    onResume(listener) {
      resumeListeners.add(listener);
      return () => resumeListeners.delete(listener);
    },
    watchFlow(flow) {
      watched.flow = flow;
      say({ type: "watch-flow", flow });
    },
    watchTopics(filter) {
      watched.filter = filter;
      say({ type: "watch-topics", filter });
    },
    start() {
      if (state.value !== "off") return;
      state.value = "connecting";
      connect();
    },
    stop() {
      state.value = "off";
      clearTimeout(retryTimer);
      clearInterval(pingTimer);
      socket?.close();
      socket = undefined;
      connects = 0;
    },
  };
}

/** The connection of this page. */
export const live = createLive(
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API_BASE}/live`,
);
