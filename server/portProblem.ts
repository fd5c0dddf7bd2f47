interface ListenError extends Error {
  readonly code?: unknown;
  readonly port?: number;
  readonly address?: string;
}

/** What to do when a listener cannot be opened, in a sentence; other errors speak for themselves. */
export function portProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, address, message }: ListenError = error;
  if (code === "EADDRINUSE")
    return `Port ${port} is used by another program; stop that one, or choose another port with --http-port, --mqtt-port or --mqtts-port.`;
  if (code === "EACCES")
    return `Port ${port} may not be opened by this user; choose one above 1023 with --http-port, --mqtt-port or --mqtts-port.`;
  if (code === "EADDRNOTAVAIL")
    return `The address ${address} is none of this computer; choose another with --host.`;
  return message;
}
