/** Whether a JSON value is at most about so many bytes long as text; stops counting at the limit. */
export function sizeWithin(value: unknown, bytesMax: number): boolean {
  return count(value, bytesMax) >= 0;
}

/** What is left of the allowance after the value; negative once it is used up. */
function count(value: unknown, left: number): number {
  if (typeof value === "string") return left - value.length - 2;
  if (typeof value !== "object" || value === null) return left - 5;
  let rest = left - 2;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && rest >= 0; index++) rest = count(value[index], rest - 1);
    return rest;
  }
  for (const key in value) {
    if (rest < 0) return rest;
    rest = count((value as Record<string, unknown>)[key], rest - key.length - 4);
  }
  return rest;
}
