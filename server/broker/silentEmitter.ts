/** The emitter aedes gets: nobody calls its listeners, since the bus reaches the sessions directly. */
export function createSilentEmitter() {
  return {
    closed: false,
    current: 0,
    on(_topic: string, _listener: unknown, done?: () => void) {
      done?.();
    },
    removeListener(_topic: string, _listener: unknown, done?: () => void) {
      done?.();
    },
    emit(_packet: unknown, done?: () => void) {
      done?.();
    },
    close(done: () => void) {
      this.closed = true;
      done();
    },
  };
}
