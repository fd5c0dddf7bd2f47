/**
 * The bytes in memory of their own. Why: a payload is a view of a whole network buffer, which it would keep alive, and
 * which would cross to the writer thread with it.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength === bytes.buffer.byteLength) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
