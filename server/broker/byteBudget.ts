/** Bytes that many connections share; who would go beyond gets none. */
export interface ByteBudget {
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/** Creates a budget of so many bytes. */
export function createByteBudget(bytesMax: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > bytesMax) return false;
      taken += bytes;
      return true;
    },
    giveBack(bytes) {
      taken -= bytes;
    },
  };
}
