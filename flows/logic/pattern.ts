import { RE2JS } from "re2js";
import { ruleLimits } from "./ruleLimits.ts";

/** Tells whether a regular expression is found somewhere in a text. */
export type Matcher = (text: string) => boolean;

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
    if (compiled.programSize() > PROGRAM_SIZE_MAX) return "the pattern repeats too much";
    return (text) => compiled.test(text);
  } catch (error) {
    return error instanceof Error ? error.message : "the pattern is invalid";
  }
}
