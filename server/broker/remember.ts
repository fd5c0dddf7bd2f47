/** Remembers the answers of a pure question, and forgets all of them when there are too many. */
export function remember(
  answer: (question: string) => boolean,
  countMax = 1_000,
): (question: string) => boolean {
  // Made when there is something to remember: most connections only publish, or only listen.
  let answers: Map<string, boolean> | undefined;
  return (question) => {
    const known = answers?.get(question);
    if (known !== undefined) return known;
    answers ??= new Map();
    if (answers.size >= countMax) answers.clear();
    const value = answer(question);
    answers.set(question, value);
    return value;
  };
}
