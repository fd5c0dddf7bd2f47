const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The number a value is, or `undefined`. A text counts when it is a number as JSON writes it, white space around it
 * aside: "31" is one; "", " ", null, true, [], "021", "21." and NaN are none.
 */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (!numberText.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** True for a number that is not NaN, and for a text that is a number exactly as JSON writes it. */
export function isNumeric(value: unknown): boolean {
  if (typeof value === "number") return !Number.isNaN(value);
  return typeof value === "string" && numberText.test(value);
}

/** Rounds half away from zero in decimal digits: 1.005 to two digits is 1.01, as people expect. */
export function roundTo(value: number, digits: number): number {
  const size = Math.abs(value);
  const [mantissa = "0", exponent = "0"] = String(size).split("e");
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  const rounded = Number(`${shifted}e${-digits}`);
  if (!Number.isFinite(rounded)) return value;
  return value < 0 ? -rounded : rounded;
}
