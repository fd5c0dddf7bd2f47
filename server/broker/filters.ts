import { validateFilter } from "#flows/topics/topicFilter.ts";

/** True for a topic name a client may publish to: no wildcard, no broken character, not a `$` topic. */
export function isPublishable(topic: string, bounds: TextBounds): boolean {
  return !topic.startsWith("$") && !/[+#]/.test(topic) && fits(topic, bounds);
}

/** True for a filter whose wildcards stand where MQTT allows them [MQTT-4.7.1-2] [MQTT-4.7.1-3]. */
export function isFilter(filter: string, bounds: TextBounds): boolean {
  return fits(filter, bounds) && validateFilter(filter) === undefined;
}

/** How long a topic or filter may be, and whether it may hold control characters. */
export interface TextBounds {
  readonly bytes: number;
  readonly levels: number;
  readonly allowsControls?: boolean;
}

/** The bounds of topics and filters among the limits of the broker. */
export function textBounds(limits: {
  readonly topicBytes: number;
  readonly topicLevels: number;
  readonly refusesControlCharacters: boolean;
}): TextBounds {
  const { topicBytes: bytes, topicLevels: levels } = limits;
  return { bytes, levels, allowsControls: !limits.refusesControlCharacters };
}

/** True for a non-empty text without control characters or broken surrogates, of at most so many bytes. */
export function isPlainText(text: string, bytesMax: number): boolean {
  return isText(text, bytesMax) && !/\p{Cc}/u.test(text);
}

function isText(text: string, bytesMax: number): boolean {
  if (text.length === 0 || text.length > bytesMax || Buffer.byteLength(text) > bytesMax) return false;
  return !/\0|\p{Cs}/u.test(text);
}

function fits(text: string, { bytes, levels, allowsControls = false }: TextBounds): boolean {
  const isReadable = allowsControls ? isText(text, bytes) : isPlainText(text, bytes);
  return isReadable && text.split("/", levels + 1).length <= levels;
}
