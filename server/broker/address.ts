/** The address as people write it: an IPv4 client of an IPv6 socket is an IPv4 client. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
}

/** True for this computer. */
export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
