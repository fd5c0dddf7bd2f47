/** What can stand in one line at a time. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/** A line: who is served goes to its end. */
export interface Line<T> {
  readonly first: T | undefined;
  push(item: T): void;
  remove(item: T): void;
}

/** Why own: a Set that is used like this skips a hole for everyone who went to the end, until it is rehashed. */
export function createLine<T extends Linked<T>>(): Line<T> {
  let first: T | undefined;
  let last: T | undefined;
  return {
    get first() {
      return first;
    },
    push(item) {
      item.before = last;
      item.after = undefined;
      if (last === undefined) first = item;
      else last.after = item;
      last = item;
    },
    remove(item) {
      const { before, after } = item;
      if (before === undefined) first = after;
      else before.after = after;
      if (after === undefined) last = before;
      else after.before = before;
      item.before = item.after = undefined;
    },
  };
}
