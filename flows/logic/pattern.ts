import { RE2JS } from "re2js";
import { ruleLimits } from "./ruleLimits.ts";

/** A compiled regular expression. */
export interface Matcher {
  /** Tells whether it is found somewhere in a text. */
  readonly test: (text: string) => boolean;
  /** Steps that a search in a text of this length costs. */
  readonly steps: (length: number) => number;
}

/** Characters that a small pattern passes for one step: some 10 ns each, and up to 500 ns for a large pattern. */
const MATCHED_PER_STEP = 16;
/** States of a pattern that a step pays for. */
const STATES_PER_STEP = 64;

/** States of a compiled pattern; counted repeats such as (a{100}){100} multiply, and each state costs time per character. */
const PROGRAM_SIZE_MAX = 2_000;

/**
 * Compiles a pattern for a machine that takes linear time, because what it searches was sent by anyone. A text
 * instead of a matcher says what is wrong with the pattern.
 */
export function compilePattern(pattern: string): Matcher | string {
  if (pattern.length > ruleLimits.patternLength) {
    return `the pattern is longer than ${ruleLimits.patternLength} characters`;
  }
  try {
    const compiled = RE2JS.compile(pattern);
    const size = compiled.programSize();
    if (size > PROGRAM_SIZE_MAX) return "the pattern repeats too much";
    const weight = Math.ceil(size / STATES_PER_STEP);
    return {
      test: (text) => compiled.test(text),
      steps: (length) => Math.ceil(length / MATCHED_PER_STEP) * weight,
    };
  } catch (error) {
    return error instanceof Error ? error.message : "the pattern is invalid";
  }
}
