import type { SettingProblem } from "../../node.ts";
import { type Level, type Side, clearOf, rankOf } from "./levels.ts";

/** Mistakes that several levels make together, each at the row where it can be mended. */
export function levelProblems(levels: readonly Level[], side: Side): readonly SettingProblem[] {
  const problems: SettingProblem[] = [];
  levels.forEach((level, index) => {
    if (levels.findIndex(({ severity }) => severity === level.severity) < index)
      problems.push({
        path: `levels/${index}/severity`,
        message: `There are two levels "${level.severity}"; keep one.`,
      });
    if (isFurther(clearOf(level), level.set, side))
      problems.push({
        path: `levels/${index}/clear`,
        message: `"${level.severity}" is raised ${side} ${level.set}, so it must clear at ${level.set} or ${side === "above" ? "lower" : "higher"}, not at ${clearOf(level)}.`,
      });
  });
  return [...problems, ...orderProblems(levels, side)];
}

function orderProblems(levels: readonly Level[], side: Side): readonly SettingProblem[] {
  const ranked = levels
    .map((level, index) => ({ level, index }))
    .toSorted((a, b) => rankOf(a.level) - rankOf(b.level));
  return ranked.slice(1).flatMap(({ level, index }, place) => {
    const milder = ranked[place]!.level;
    const word = side === "above" ? "lower" : "higher";
    const sentence = (name: string, mine: number, theirs: number): string =>
      `"${level.severity}" is more severe than "${milder.severity}", so its ${name} (${mine}) must not be ${word} than ${theirs}.`;
    const problems: SettingProblem[] = [];
    if (isFurther(milder.set, level.set, side))
      problems.push({ path: `levels/${index}/set`, message: sentence("limit", level.set, milder.set) });
    if (isFurther(clearOf(milder), clearOf(level), side))
      problems.push({
        path: `levels/${index}/clear`,
        message: sentence("clearing limit", clearOf(level), clearOf(milder)),
      });
    return problems;
  });
}

/** True when the first limit is reached later than the second one. */
function isFurther(first: number, second: number, side: Side): boolean {
  return side === "above" ? first > second : first < second;
}
