/** Whether a topic fits an MQTT filter (MQTT 3.1.1, 4.7): `+` is one level, `#` the rest; neither matches `$...`. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "#" || wanted[0] === "+")) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** Whether a typed text is meant as an MQTT filter rather than as words to find. */
export function isFilter(text: string): boolean {
  return text.includes("+") || text.includes("#");
}
