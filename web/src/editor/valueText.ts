const NUMBER_IN_JSON = /:\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)/i;
const TEXT_IN_JSON = /:\s*(?:"([^"]*)"|(true|false))/;

/** The part of a payload that fits on a wire: of an object its first number, else its first text. */
export function shortValue(text: string): string {
  if (!text.startsWith("{")) return text;
  const number = NUMBER_IN_JSON.exec(text)?.[1];
  const [, word, flag] = TEXT_IN_JSON.exec(text) ?? [];
  return number ?? word ?? flag ?? text;
}

/** A payload without the signs that only machines need: `celsius 6.5, door closed`. It may be cut at its end. */
export function readableValue(text: string): string {
  if (!text.startsWith("{")) return text;
  return text.replaceAll(/[{}"]/g, "").replaceAll(/:\s*/g, " ").replaceAll(/,\s*/g, ", ");
}
