/** The icon of a kind of channel. */
export function kindIcon(kind: string): string {
  return (
    { inbox: "inbox", email: "mail", mail: "mail", webhook: "webhook", ntfy: "bell-ring" }[kind] ?? "send"
  );
}
