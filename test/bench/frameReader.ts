/** Hears each packet of a broker: its first byte and what follows the length. The bytes are valid during the call. */
export type OnFrame = (header: number, body: Buffer) => void;

/** Cuts a stream into packets; much cheaper than a parser, so that the generator never is the slow side. */
export function createFrameReader(onFrame: OnFrame): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const end = readFrame(bytes, at, onFrame);
      if (end === undefined) break;
      at = end;
    }
    rest = bytes.subarray(at);
  };
}

/** Returns where the packet ends; `undefined` when not all of it is there. */
function readFrame(bytes: Buffer, start: number, onFrame: OnFrame): number | undefined {
  let length = 0;
  for (let at = start + 1, shift = 0; at < bytes.length; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte >= 0x80) continue;
    const end = at + 1 + length;
    if (end > bytes.length) return undefined;
    onFrame(bytes[start] ?? 0, bytes.subarray(at + 1, end));
    return end;
  }
  return undefined;
}
