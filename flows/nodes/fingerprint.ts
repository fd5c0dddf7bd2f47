/** FNV-1a over 32 bits, with a last mix so that texts that differ at their end differ in all bits. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** A number from 0 to 2^32 - 1 that follows from a text alone: for spreading and comparing, not for secrets. */
export function fingerprint(text: string): number {
  let hash = OFFSET;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
