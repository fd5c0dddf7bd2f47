/** Finds the values whose filters match a topic. */
export interface TopicTrie<Value> {
  /** Filters added and not removed. */
  readonly size: number;
  /** Adds a value under a filter; adding it again is counted, so it must be removed as often. */
  add(filter: string, value: Value): void;
  /** Takes back one `add`; false when there was none. */
  remove(filter: string, value: Value): boolean;
  /** Each matching value once, in no promised order. The list is shared: do not change it. */
  match(topic: string): readonly Value[];
}

/** Topics whose matches are remembered; beyond that all are forgotten at once, which keeps a hit cheap. */
const CACHE_MAX = 8_192;

interface TrieNode<Value> {
  children: Map<string, TrieNode<Value>> | undefined;
  plus: TrieNode<Value> | undefined;
  /** How often each value was added for filters that end here, and for those that go on with `#`. */
  here: Map<Value, number> | undefined;
  below: Map<Value, number> | undefined;
}

/** A tree of topic levels with a cache of whole topics, which is dropped at every change. */
export function createTopicTrie<Value>(): TopicTrie<Value> {
  const root = createNode<Value>();
  const cache = new Map<string, readonly Value[]>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(filter, value) {
      addAt(root, filter.split("/"), value);
      size += 1;
      cache.clear();
    },
    remove(filter, value) {
      const removed = removeAt(root, filter.split("/"), { at: 0, value });
      if (removed) {
        size -= 1;
        cache.clear();
      }
      return removed;
    },
    match(topic) {
      const known = cache.get(topic);
      if (known !== undefined) return known;
      const found = find(root, topic);
      if (cache.size >= CACHE_MAX) cache.clear();
      cache.set(topic, found);
      return found;
    },
  };
}

const nothing: readonly never[] = Object.freeze([]);

function createNode<Value>(): TrieNode<Value> {
  return { children: undefined, plus: undefined, here: undefined, below: undefined };
}

function addAt<Value>(root: TrieNode<Value>, levels: readonly string[], value: Value): void {
  let node = root;
  for (const level of levels) {
    if (level === "#") {
      node.below ??= new Map();
      node.below.set(value, (node.below.get(value) ?? 0) + 1);
      return;
    }
    node = childFor(node, level);
  }
  node.here ??= new Map();
  node.here.set(value, (node.here.get(value) ?? 0) + 1);
}

function childFor<Value>(node: TrieNode<Value>, level: string): TrieNode<Value> {
  if (level === "+") return (node.plus ??= createNode());
  node.children ??= new Map();
  const known = node.children.get(level);
  if (known !== undefined) return known;
  const made = createNode<Value>();
  node.children.set(level, made);
  return made;
}

/** Removes one reference and every node that is then of no use. */
function removeAt<Value>(
  node: TrieNode<Value>,
  levels: readonly string[],
  { at, value }: { readonly at: number; readonly value: Value },
): boolean {
  const level = levels[at];
  if (level === undefined) {
    const removed = release(node.here, value);
    if (node.here?.size === 0) node.here = undefined;
    return removed;
  }
  if (level === "#") {
    const removed = release(node.below, value);
    if (node.below?.size === 0) node.below = undefined;
    return removed;
  }
  const child = level === "+" ? node.plus : node.children?.get(level);
  if (child === undefined || !removeAt(child, levels, { at: at + 1, value })) return false;
  if (isUseless(child)) drop(node, level);
  return true;
}

function release<Value>(counts: Map<Value, number> | undefined, value: Value): boolean {
  const count = counts?.get(value);
  if (counts === undefined || count === undefined) return false;
  if (count > 1) counts.set(value, count - 1);
  else counts.delete(value);
  return true;
}

function isUseless<Value>({ children, plus, here, below }: TrieNode<Value>): boolean {
  return children === undefined && plus === undefined && here === undefined && below === undefined;
}

function drop<Value>(node: TrieNode<Value>, level: string): void {
  if (level === "+") node.plus = undefined;
  else if (node.children?.delete(level) === true && node.children.size === 0) node.children = undefined;
}

function find<Value>(root: TrieNode<Value>, topic: string): readonly Value[] {
  const levels = topic.split("/");
  const found: Value[] = [];
  // MQTT 3.1.1, 4.7.2: wildcards at the start match no topic that begins with `$`.
  if (topic.startsWith("$")) {
    const child = root.children?.get(levels[0] ?? "");
    if (child !== undefined) collect(child, levels, { at: 1, found });
  } else collect(root, levels, { at: 0, found });
  if (found.length === 0) return nothing;
  return found.length === 1 ? found : [...new Set(found)];
}

function collect<Value>(
  node: TrieNode<Value>,
  levels: readonly string[],
  { at, found }: { readonly at: number; readonly found: Value[] },
): void {
  if (node.below !== undefined) found.push(...node.below.keys());
  const level = levels[at];
  if (level === undefined) {
    if (node.here !== undefined) found.push(...node.here.keys());
    return;
  }
  const next = { at: at + 1, found };
  const child = node.children?.get(level);
  if (child !== undefined) collect(child, levels, next);
  if (node.plus !== undefined) collect(node.plus, levels, next);
}
