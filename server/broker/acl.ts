import { filterContains, filtersOverlap } from "#flows/topics/topicFilter.ts";
import { isFilter, isPlainText, isPublishable, type TextBounds } from "./filters.ts";
import { remember } from "./remember.ts";
import { isShared, sharedFilter } from "./sharedFilter.ts";

/** One line of an access list; `%u` and `%c` in the filter stand for the user and the client id. */
export interface AclRule {
  readonly effect: "allow" | "deny";
  readonly action: "publish" | "subscribe" | "both";
  readonly filter: string;
}

/** What one connection may do, its rules already filled in. Answers are remembered, so they are quick. */
export interface Acl {
  mayPublish(topic: string): boolean;
  /** A shared subscription is judged by the filter inside it. */
  maySubscribe(filter: string): boolean;
  mayReceive(topic: string): boolean;
}

/** Whom the rules are for. */
export interface AclSubject {
  readonly user: string | undefined;
  readonly clientId: string;
}

/**
 * Compiles rules for one connection: deny wins, and what no rule allows is denied. A name that would change the
 * meaning of a pattern (`+`, `#`, `/`) gives no list at all: the connection must be refused.
 */
export function compileAcl(
  rules: readonly AclRule[],
  subject: AclSubject,
  bounds: TextBounds,
): Acl | undefined {
  const publish: FilterSet = { allowed: [], denied: [] };
  const subscribe: FilterSet = { allowed: [], denied: [] };
  for (const rule of rules) {
    const filter = fillIn(rule.filter, subject);
    if (filter === undefined || !isFilter(filter, bounds)) return undefined;
    const list = rule.effect === "allow" ? "allowed" : "denied";
    if (rule.action !== "subscribe") publish[list].push(filter);
    if (rule.action !== "publish") subscribe[list].push(filter);
  }
  return {
    mayPublish: remember((topic) => isPublishable(topic, bounds) && permits(publish, topic)),
    // A filter that meets a denied one would deliver what must stay hidden, so overlap is enough to refuse it.
    maySubscribe(filter) {
      if (!isShared(filter)) return isFilter(filter, bounds) && permits(subscribe, filter);
      const inner = sharedFilter(filter)?.filter;
      if (inner === undefined || !isPlainText(filter, bounds.bytes)) return false;
      return isFilter(inner, bounds) && permits(subscribe, inner);
    },
    mayReceive: remember((topic) => permits(subscribe, topic)),
  };
}

interface FilterSet {
  readonly allowed: string[];
  readonly denied: string[];
}

/** A topic is a filter without wildcards, so one question serves publish, subscribe and receive. */
function permits({ allowed, denied }: FilterSet, filter: string): boolean {
  return (
    allowed.some((outer) => filterContains(outer, filter)) &&
    !denied.some((hidden) => filtersOverlap(hidden, filter))
  );
}

function fillIn(pattern: string, { user, clientId }: AclSubject): string | undefined {
  if (pattern.includes("%u") && (user === undefined || !isName(user))) return undefined;
  if (pattern.includes("%c") && !isName(clientId)) return undefined;
  return pattern.replaceAll(/%[uc]/g, (place) => (place === "%u" ? (user ?? "") : clientId));
}

function isName(value: string): boolean {
  return value.length > 0 && !/[+#/\p{Cc}]/u.test(value);
}
