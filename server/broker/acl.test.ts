import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matchesFilter } from "#flows/topics/topicFilter.ts";
import { compileAcl, type Acl, type AclRule } from "./acl.ts";

const bounds = { bytes: 1_024, levels: 32 };

function compiled(rules: readonly AclRule[], clientId = "pump", user = "anna"): Acl {
  const acl = compileAcl(rules, { user, clientId }, bounds);
  if (acl === undefined) throw new Error("The rules were refused.");
  return acl;
}

test("nothing is allowed unless a rule says so, and deny wins", () => {
  const acl = compiled([
    { effect: "allow", action: "publish", filter: "out/#" },
    { effect: "allow", action: "subscribe", filter: "in/#" },
    { effect: "deny", action: "both", filter: "+/hidden" },
  ]);
  expect(acl.mayPublish("out/a")).toBe(true);
  expect(acl.mayPublish("in/a")).toBe(false);
  expect(acl.mayPublish("out/hidden")).toBe(false);
  expect(acl.maySubscribe("in/a")).toBe(true);
  expect(acl.maySubscribe("in/+")).toBe(false);
  expect(acl.maySubscribe("in/+/x")).toBe(true);
  expect(acl.maySubscribe("out/a")).toBe(false);
  expect(acl.mayReceive("in/hidden")).toBe(false);
});

test("user and client id are filled in, and a name that is a pattern refuses the list", () => {
  const rules: AclRule[] = [{ effect: "allow", action: "both", filter: "%u/%c/#" }];
  expect(compiled(rules).mayPublish("anna/pump/t")).toBe(true);
  expect(compiled(rules, "$&", "%c").mayPublish("%c/$&/t")).toBe(true);
  for (const name of ["+", "#", "a/b", "", "a\u0000"]) {
    expect(compileAcl(rules, { user: "anna", clientId: name }, bounds)).toBeUndefined();
    expect(compileAcl(rules, { user: name, clientId: "pump" }, bounds)).toBeUndefined();
  }
  expect(compileAcl(rules, { user: undefined, clientId: "pump" }, bounds)).toBeUndefined();
});

test("wildcards never give $-topics, and no rule lets a client publish there", () => {
  const acl = compiled([
    { effect: "allow", action: "both", filter: "#" },
    { effect: "allow", action: "both", filter: "$SYS/broker/#" },
  ]);
  expect(acl.maySubscribe("$SYS/broker/uptime")).toBe(true);
  expect(acl.maySubscribe("$SYS/#")).toBe(false);
  expect(acl.mayPublish("$SYS/broker/uptime")).toBe(false);
});

test("malformed filters and topics are refused", () => {
  const acl = compiled([{ effect: "allow", action: "both", filter: "#" }]);
  for (const filter of ["a#", "+a", "a/b+", "#/a", "", "a\u0000", "x".repeat(1_025), "/".repeat(32)]) {
    expect(acl.maySubscribe(filter)).toBe(false);
  }
  for (const topic of ["a/+", "#", "", "a\u0001b", "x".repeat(1_025), "/".repeat(32)]) {
    expect(acl.mayPublish(topic)).toBe(false);
  }
  expect(acl.mayPublish("x".repeat(1_024))).toBe(true);
  expect(acl.mayPublish("/".repeat(31))).toBe(true);
});

const level = fc.constantFrom("a", "b", "+");
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/"));
const topics = topicsOf(["a", "b", "c"], 4);

test("an allowed subscription never matches a topic that may not be received", () => {
  const rule = fc.record({
    effect: fc.constantFrom("allow" as const, "deny" as const),
    action: fc.constant("subscribe" as const),
    filter,
  });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), filter, (rules, wanted) => {
      const acl = compiled(rules);
      const hidden = topics.filter((topic) => matchesFilter(wanted, topic) && !acl.mayReceive(topic));
      expect(acl.maySubscribe(wanted) ? hidden : []).toEqual([]);
    }),
  );
});

function topicsOf(levels: readonly string[], depth: number): string[] {
  if (depth === 1) return [...levels];
  const shorter = topicsOf(levels, depth - 1);
  return [...new Set([...shorter, ...shorter.flatMap((topic) => levels.map((name) => `${topic}/${name}`))])];
}
