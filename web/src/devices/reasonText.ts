/** Why a device is not there, in words; the hub tells it as a code that flows can compare with. */
const TEXTS: Readonly<Record<string, string>> = {
  disconnect: "Said goodbye",
  expired: "Its password has expired",
  "hub-restart": "Not back since the hub restarted",
  keepalive: "Stopped answering",
  kicked: "Closed by the hub",
  overslept: "Did not wake up in time",
  parent: "Its gateway is offline",
  protocol: "Broke the rules of MQTT",
  silent: "Has not reported for long",
  slow: "Too slow to take its messages",
  socket: "Lost its connection",
  takeover: "Replaced by a new connection",
  topic: "Said so on its availability topic",
};

/** The words for a reason; a reason that is new here stands for itself. */
export function reasonText(reason: string): string {
  return TEXTS[reason] ?? reason;
}
