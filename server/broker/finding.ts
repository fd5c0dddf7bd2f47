/** Something that somebody should look at. Times are ms since 1970. */
export type BrokerFinding =
  /** Two devices seem to share a client id: each throws the other out. */
  | {
      readonly kind: "flapping";
      readonly clientId: string;
      readonly addresses: readonly string[];
      readonly until: number;
    }
  /** An address keeps violating the protocol. */
  | { readonly kind: "protocol-errors"; readonly address: string; readonly until: number };
