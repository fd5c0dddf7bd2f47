/** Whether a typed text is meant as an MQTT filter rather than as words to find. */
export function isFilter(text: string): boolean {
  return text.includes("+") || text.includes("#");
}
