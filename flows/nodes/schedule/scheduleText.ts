interface Stored {
  readonly kind?: "every" | "cron";
  readonly every?: string;
  readonly cron?: string;
  readonly days?: readonly string[];
}

/** A stored schedule in words: `every 15m`, `daily at 06:30`, `at 06:30, mon, tue`. */
export function scheduleText({ kind = "every", every = "15m", cron = "", days }: Stored): string {
  const times = kind === "every" ? `every ${every}` : cronText(cron);
  return days === undefined ? times : `${times.replace(/^daily /, "")}, ${days.join(", ")}`;
}

/** One time of day is worth words; anything else is shown as it is written. */
function cronText(line: string): string {
  const [minute = "", hour = "", day, month, weekday = ""] = line.trim().split(/\s+/);
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour) || day !== "*" || month !== "*") return `cron ${line}`;
  const clock = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (weekday === "*") return `daily at ${clock}`;
  return weekday === "1-5" ? `workdays at ${clock}` : `cron ${line}`;
}
