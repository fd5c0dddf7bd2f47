/** Runs acts of one name one after the other, in the order of the calls; those of other names go on beside them. */
export type Turns = <Done>(name: string, act: () => Promise<Done>) => Promise<Done>;

/** Nothing is under way. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();

  return (name, act) => {
    const before = last.get(name);
    // An act that failed has told its own caller; the next one has its turn all the same.
    const done = before === undefined ? act() : before.then(act, act);
    last.set(name, done);
    const leave = (): void => {
      if (last.get(name) === done) last.delete(name);
    };
    done.then(leave, leave);
    return done;
  };
}
