/** Remembers the answers of a pure question, and forgets all of them when there are too many. */
export function remember<T>(answer: (question: string) => T, countMax = 1_000): (question: string) => T {
  const answers = new Map<string, { readonly value: T }>();
  return (question) => {
    const known = answers.get(question);
    if (known !== undefined) return known.value;
    if (answers.size >= countMax) answers.clear();
    const value = answer(question);
    answers.set(question, { value });
    return value;
  };
}
