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
  /** The one child of most nodes, held without a map: that halves the memory of many filters. */
  onlyLevel: string | undefined;
  onlyChild: TrieNode<Value> | undefined;
  /** All children, once there were two. */
  children: Map<string, TrieNode<Value>> | undefined;
  plus: TrieNode<Value> | undefined;
  /** Values of filters that end here, and of those that go on with `#`; one added twice is there twice. */
  here: Value[] | undefined;
  below: Value[] | undefined;
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
  return {
    onlyLevel: undefined,
    onlyChild: undefined,
    children: undefined,
    plus: undefined,
    here: undefined,
    below: undefined,
  };
}

function addAt<Value>(root: TrieNode<Value>, levels: readonly string[], value: Value): void {
  let node = root;
  for (const level of levels) {
    if (level === "#") {
      node.below = withValue(node.below, value);
      return;
    }
    node = childFor(node, level);
  }
  node.here = withValue(node.here, value);
}

/** Most nodes hold one value, and a list made by `push` would reserve room for seventeen. */
function withValue<Value>(values: Value[] | undefined, value: Value): Value[] {
  if (values === undefined) return [value];
  values.push(value);
  return values;
}

function childOf<Value>(node: TrieNode<Value>, level: string): TrieNode<Value> | undefined {
  if (node.children !== undefined) return node.children.get(level);
  return node.onlyLevel === level ? node.onlyChild : undefined;
}

function childFor<Value>(node: TrieNode<Value>, level: string): TrieNode<Value> {
  if (level === "+") return (node.plus ??= createNode());
  const known = childOf(node, level);
  if (known !== undefined) return known;
  const made = createNode<Value>();
  if (node.children !== undefined) node.children.set(level, made);
  else if (node.onlyLevel === undefined || node.onlyChild === undefined) {
    node.onlyLevel = level;
    node.onlyChild = made;
  } else {
    node.children = new Map([
      [node.onlyLevel, node.onlyChild],
      [level, made],
    ]);
    node.onlyLevel = undefined;
    node.onlyChild = undefined;
  }
  return made;
}

/** Removes one reference and every node that is then of no use. */
function removeAt<Value>(
  node: TrieNode<Value>,
  levels: readonly string[],
  { at, value }: { readonly at: number; readonly value: Value },
): boolean {
  const level = levels[at];
  if (level === undefined || level === "#") {
    const values = level === "#" ? node.below : node.here;
    const found = values?.indexOf(value) ?? -1;
    if (values === undefined || found < 0) return false;
    values.splice(found, 1);
    if (values.length > 0) return true;
    if (level === "#") node.below = undefined;
    else node.here = undefined;
    return true;
  }
  const child = level === "+" ? node.plus : childOf(node, level);
  if (child === undefined || !removeAt(child, levels, { at: at + 1, value })) return false;
  if (isUseless(child)) drop(node, level);
  return true;
}

function isUseless<Value>({ onlyChild, children, plus, here, below }: TrieNode<Value>): boolean {
  return [onlyChild, children, plus, here, below].every((held) => held === undefined);
}

function drop<Value>(node: TrieNode<Value>, level: string): void {
  if (level === "+") node.plus = undefined;
  else if (node.children === undefined) {
    node.onlyLevel = undefined;
    node.onlyChild = undefined;
  } else if (node.children.delete(level) && node.children.size === 0) node.children = undefined;
}

function find<Value>(root: TrieNode<Value>, topic: string): readonly Value[] {
  const levels = topic.split("/");
  const found: Value[] = [];
  // MQTT 3.1.1, 4.7.2: wildcards at the start match no topic that begins with `$`.
  if (topic.startsWith("$")) {
    const child = childOf(root, levels[0] ?? "");
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
  addAll(found, node.below);
  const level = levels[at];
  if (level === undefined) {
    addAll(found, node.here);
    return;
  }
  const next = { at: at + 1, found };
  const child = childOf(node, level);
  if (child !== undefined) collect(child, levels, next);
  if (node.plus !== undefined) collect(node.plus, levels, next);
}

/** Not by spreading, which overflows the stack when very many listen to one filter. */
function addAll<Value>(found: Value[], values: readonly Value[] | undefined): void {
  if (values === undefined) return;
  for (const value of values) found.push(value);
}
