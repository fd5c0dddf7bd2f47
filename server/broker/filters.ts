import { validateFilter } from "#flows/topics/topicFilter.ts";

/** True for a topic name a client may publish to: no wildcard, no control character, not a `$` topic. */
export function isPublishable(topic: string, { bytes, levels }: TextBounds): boolean {
  return !topic.startsWith("$") && !/[+#]/.test(topic) && isPlainText(topic, bytes) && fits(topic, levels);
}

/** True for a text that is short and flat enough; most are told by their length alone, which is quick. */
export function isWithin(text: string, { bytes, levels }: TextBounds): boolean {
  if (text.length * 3 > bytes && Buffer.byteLength(text) > bytes) return false;
  return text.length < levels || fits(text, levels);
}

/** True for a filter whose wildcards stand where MQTT allows them [MQTT-4.7.1-2] [MQTT-4.7.1-3]. */
export function isFilter(filter: string, { bytes, levels }: TextBounds): boolean {
  if (!isPlainText(filter, bytes) || !fits(filter, levels)) return false;
  return validateFilter(filter) === undefined;
}

/** How long a topic or filter may be. */
export interface TextBounds {
  readonly bytes: number;
  readonly levels: number;
}

/** True for a non-empty text without control characters or broken surrogates, of at most so many bytes. */
export function isPlainText(text: string, bytesMax: number): boolean {
  if (text.length === 0 || text.length > bytesMax || Buffer.byteLength(text) > bytesMax) return false;
  return !/\p{Cc}|\p{Cs}|\uFFFD/u.test(text);
}

function fits(text: string, levelsMax: number): boolean {
  return text.split("/", levelsMax + 1).length <= levelsMax;
}
