import { isUtf8 } from "node:buffer";
import { type DeviceSelector, selectsDevice } from "#flows/deviceSelector.ts";
import type { ProgramNode } from "#flows/engine/program.ts";
import { type DecodeMode, type Decoded, type RawPayload, decodePayload } from "#flows/logic/payload.ts";
import type { DeviceRef } from "#flows/message.ts";
import type { TopicEvent } from "#flows/node.ts";
import { createTopicTrie } from "#flows/topics/topicTrie.ts";
import type { DeployedFlow } from "./deployedFlow.ts";
import { runtimeLimits } from "./runtimeLimits.ts";

/** The triggers of one flow that an event reaches. */
export interface Listeners {
  readonly flow: DeployedFlow;
  readonly nodes: readonly ProgramNode[];
}

/** What a topic leads to; worked out once for each topic. */
export interface Route {
  readonly levels: readonly string[];
  readonly listeners: readonly Listeners[];
}

/** Finds the flows that listen to a topic. */
export interface Router {
  add(flow: DeployedFlow): void;
  remove(flow: DeployedFlow): void;
  /** `deviceId` counts only while somebody listens to devices; leave it out otherwise. */
  routeOf(topic: string, deviceId?: string): Route;
  /** Some flow listens to all that a device says, so the device of a message must be known before it is routed. */
  listensToDevices(): boolean;
}

interface Listener {
  readonly flow: DeployedFlow;
  readonly node: ProgramNode;
  matches(levels: readonly string[]): boolean;
}

interface DeviceListener {
  readonly flow: DeployedFlow;
  readonly node: ProgramNode;
  readonly devices: DeviceSelector;
}

/** A router without flows. */
export function createRouter(): Router {
  const trie = createTopicTrie<Listener>();
  const added = new Map<DeployedFlow, { readonly filter: string; readonly listener: Listener }[]>();
  let deviceListeners: DeviceListener[] = [];
  let routes = new Map<string, Route>();

  function work(topic: string, deviceId: string | undefined): Route {
    const levels = topic.split("/");
    const byFlow = new Map<DeployedFlow, Set<ProgramNode>>();
    const add = ({ flow, node }: Pick<Listener, "flow" | "node">) => {
      const nodes = byFlow.get(flow) ?? new Set();
      byFlow.set(flow, nodes.add(node));
    };
    for (const listener of trie.match(topic)) if (listener.matches(levels)) add(listener);
    for (const listener of deviceListeners) if (selectsDevice(listener.devices, deviceId)) add(listener);
    return { levels, listeners: [...byFlow].map(([flow, nodes]) => ({ flow, nodes: [...nodes] })) };
  }

  return {
    add(flow) {
      const entries = flow.program.listens.flatMap(({ node, interest }) => {
        if (interest.on !== "topic") return [];
        const { pattern } = interest;
        const listener = {
          flow,
          node,
          matches: (levels: readonly string[]) => pattern.matches(levels) !== undefined,
        };
        return [{ filter: pattern.filter, listener }];
      });
      for (const { node, interest } of flow.program.listens)
        if (interest.on === "device") deviceListeners.push({ flow, node, devices: interest.devices });
      for (const { filter, listener } of entries) trie.add(filter, listener);
      added.set(flow, entries);
      routes = new Map();
    },
    remove(flow) {
      for (const { filter, listener } of added.get(flow) ?? []) trie.remove(filter, listener);
      added.delete(flow);
      deviceListeners = deviceListeners.filter((listener) => listener.flow !== flow);
      routes = new Map();
    },
    routeOf(topic, deviceId) {
      const place = deviceId === undefined ? topic : `${deviceId} ${topic}`;
      let route = routes.get(place);
      if (route === undefined) {
        if (routes.size >= runtimeLimits.routedTopics) routes.clear();
        routes.set(place, (route = work(topic, deviceId)));
      }
      return route;
    },
    listensToDevices: () => deviceListeners.length > 0,
  };
}

/** What a topic event is made from. */
export interface EventSource {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly initial: boolean;
  readonly seenAt: number;
  readonly device: DeviceRef | undefined;
  readonly origin: { readonly cause: string; readonly hops: number } | undefined;
}

/** The event that all flows listening to a message share: it is decoded at most once for each way to read it. */
export function topicEvent(source: EventSource, levels: readonly string[]): TopicEvent {
  return new ArrivedMessage(source, levels);
}

/** A class, because one is made for each message: its methods cost nothing then, which closures would. */
class ArrivedMessage implements TopicEvent {
  readonly type = "topic";
  readonly topic: string;
  readonly levels: readonly string[];
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly initial: boolean;
  readonly seenAt: number;
  readonly device: DeviceRef | undefined;
  readonly cause: string | undefined;
  readonly hops: number;
  readonly size: number;
  readonly #payload: Uint8Array;
  #mode: DecodeMode | undefined;
  #result: Decoded | undefined;
  #others: Map<DecodeMode, Decoded> | undefined;

  constructor(source: EventSource, levels: readonly string[]) {
    this.topic = source.topic;
    this.levels = levels;
    this.qos = source.qos;
    this.retain = source.retain;
    this.initial = source.initial;
    this.seenAt = source.seenAt;
    this.device = source.device;
    this.cause = source.origin?.cause;
    this.hops = source.origin?.hops ?? 0;
    this.size = source.payload.length;
    this.#payload = source.payload;
  }

  decode(mode: DecodeMode): Decoded {
    if (this.#mode === mode && this.#result !== undefined) return this.#result;
    const result = this.#others?.get(mode) ?? decodePayload(new RawBytes(this.#payload), mode);
    if (this.#mode !== undefined && this.#result !== undefined)
      (this.#others ??= new Map()).set(this.#mode, this.#result);
    this.#mode = mode;
    this.#result = result;
    return result;
  }
}

class RawBytes implements RawPayload {
  readonly size: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.size = bytes.length;
    this.bytes = bytes;
  }

  text(): string | undefined {
    const { buffer, byteOffset, length } = this.bytes;
    return isUtf8(this.bytes) ? Buffer.from(buffer, byteOffset, length).toString("utf8") : undefined;
  }
}
