/** Limits of rules, templates and payloads (reference: logic). Each has its unit in its name or comment. */
export const ruleLimits = {
  /** Levels of nesting of a rule, a constant or a mapping. */
  depth: 64,
  /** Values in a rule: operators, operands, items of lists. */
  parts: 2_000,
  /** Characters of a rule as JSON text. */
  ruleLength: 64 * 1024,
  /** Characters of a text that a rule or a template makes. */
  textLength: 64 * 1024,
  /** Items of a list that a rule walks through or makes. */
  listLength: 10_000,
  /** Keys of one path. */
  pathKeys: 32,
  /** Characters of a pattern of `matches`. */
  patternLength: 1_000,
  /** Leaves of a mapping. */
  mappingLeaves: 1_000,
  /** Failed evaluations that a budget remembers in full; the rest are counted. */
  failuresKept: 20,
  payloadBytes: 256 * 1024,
  payloadDepth: 32,
  payloadKeys: 10_000,
} as const;

/** Keys that could reach a prototype; they are refused in rules and mappings and dropped from payloads. */
export const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
