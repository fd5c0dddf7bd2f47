/** A filter whose messages go to one member of a group each: `$share/<group>/<filter>`. */
export interface SharedFilter {
  readonly group: string;
  /** What the topics are matched with. */
  readonly filter: string;
}

const PREFIX = "$share/";

/** True for the text of a shared subscription, be it well-formed or not. */
export function isShared(filter: string): boolean {
  return filter.startsWith(PREFIX);
}

/** The parts of a shared subscription; `undefined` when the group or the filter is missing (MQTT 5, section 4.8.2). */
export function sharedFilter(text: string): SharedFilter | undefined {
  if (!isShared(text)) return undefined;
  const end = text.indexOf("/", PREFIX.length);
  if (end < 0) return undefined;
  const group = text.slice(PREFIX.length, end);
  const filter = text.slice(end + 1);
  if (group === "" || filter === "" || /[+#]/.test(group)) return undefined;
  return { group, filter };
}
