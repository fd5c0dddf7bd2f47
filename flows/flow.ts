/** A flow as it is stored, exported and shown in diffs. Logic, layout and tests are separate keys. */
export interface FlowDocument {
  /** Version of the document format. */
  readonly millrace: 1;
  /** Slug; people read it in addresses and diffs. */
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly nodes: Readonly<Record<string, FlowNode>>;
  readonly wires: readonly Wire[];
  /** Position of each node on the canvas, in px; the interpreter ignores it. */
  readonly layout?: Readonly<Record<string, readonly [number, number]>>;
  readonly tests?: readonly FlowTest[];
}

export interface FlowNode {
  readonly type: string;
  readonly name?: string;
  /** Messages pass it by: what comes in is dropped. */
  readonly disabled?: boolean;
  /** Only the settings that differ from their defaults. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** `from` is `node` (its first port) or `node.port`; `to` is `node` (its port `in`) or `node.port`. */
export interface Wire {
  readonly from: string;
  readonly to: string;
}

/** Events at virtual times and the effects they must cause: exactly those listed, in order. */
export interface FlowTest {
  readonly name: string;
  /** @default "2026-01-01T00:00:00Z" */
  readonly start?: string;
  /** IANA zone of the hub during the test. @default "UTC" */
  readonly zone?: string;
  readonly given: readonly TestEvent[];
  /** How long to watch; default: until nothing is pending, at most 24 h. */
  readonly until?: string;
  readonly expect: readonly ExpectedEffect[];
}

/** One of: a publish, a presence transition, an inject, a restart of the hub, or only time passing. */
export interface TestEvent {
  /** Time since the start of the test, such as `90s`. */
  readonly at: string;
  readonly topic?: string;
  readonly payload?: unknown;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  /** The topic's retained value, as a trigger reads it at the start. */
  readonly initial?: boolean;
  /** With `topic`: the device that speaks. With `presence`: the one that came or went. */
  readonly device?: string;
  readonly presence?: string;
  /** Id of an inject node. */
  readonly node?: string;
  /** The hub is down for so long. */
  readonly restart?: string;
}

export interface ExpectedEffect {
  readonly at?: string;
  readonly node: string;
  readonly effect: string;
  /** The named fields of the effect. */
  readonly with?: Readonly<Record<string, unknown>>;
}

/** One end of a wire. */
export interface PortRef {
  readonly node: string;
  /** Left out: the first output, or the input `in`. */
  readonly port: string | undefined;
}

/** Reads one end of a wire. Node ids hold no dot, so the first one ends the id. */
export function parsePortRef(text: string): PortRef {
  const dot = text.indexOf(".");
  return dot < 0 ? { node: text, port: undefined } : { node: text.slice(0, dot), port: text.slice(dot + 1) };
}
