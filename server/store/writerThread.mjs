// Why: Node 20 cannot read TypeScript, and tsx does not reach into worker threads by itself.
// Only development and tests start the thread here; the bundle has a writer.js of its own.
import { register } from "tsx/esm/api";

register();
await import("./writerThread.ts");
