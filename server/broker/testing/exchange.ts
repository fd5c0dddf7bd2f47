import { connect, type Socket } from "node:net";

/** Raw bytes over one connection, as they go out and come back. */
export interface Exchange {
  readonly socket: Socket;
  send(bytes: Uint8Array): void;
  /** The next bytes, in hex, once so many came; fewer when the connection ends before. */
  receive(bytes: number): Promise<string>;
  /** All bytes that were not received yet, in hex, once the connection has ended. */
  rest(): Promise<string>;
  readonly closed: Promise<void>;
}

/** Opens a connection that knows nothing of MQTT. */
export function openExchange(port: number): Exchange {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = Buffer.alloc(0);
  let onChange = () => {};
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    onChange();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      resolve();
      onChange();
    });
  });

  function take(bytes: number): string {
    const taken = received.subarray(0, bytes).toString("hex");
    received = received.subarray(bytes);
    return taken;
  }

  return {
    socket,
    closed,
    send: (bytes) => void socket.write(bytes),
    receive: (bytes) =>
      new Promise((resolve) => {
        onChange = () => {
          if (received.length < bytes && !socket.closed) return;
          onChange = () => {};
          resolve(take(bytes));
        };
        onChange();
      }),
    async rest() {
      await closed;
      return take(received.length);
    },
  };
}
