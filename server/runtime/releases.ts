import type { DeployedFlow } from "./deployedFlow.ts";
import type { RuntimeParts, RuntimePublish } from "./parts.ts";

/** Lets QoS 0 publishes of flows go. Those of a run never overtake what an earlier run of its flow still waits for. */
export interface Releases {
  /** Of a run that wrote nothing. */
  soon(flow: DeployedFlow, messages: readonly RuntimePublish[]): void;
  /** Of a run that is being written; what is not written is not published. */
  after(written: Promise<boolean>, flow: DeployedFlow, messages: readonly RuntimePublish[]): void;
}

/** Nothing waits yet. */
export function createReleases({ publish, log }: Pick<RuntimeParts, "publish" | "log">): Releases {
  function send(message: RuntimePublish): void {
    try {
      publish(message);
    } catch (error) {
      const { topic, origin } = message;
      log.error(
        { err: error, topic, flow: origin.flow, node: origin.node },
        "A message of a flow could not be published.",
      );
    }
  }

  return {
    soon({ committed }, messages) {
      if (messages.length === 0) return;
      if (committed === undefined) return messages.forEach(send);
      void committed.then(() => messages.forEach(send));
    },
    after(written, flow, messages) {
      // Commits of one batch are told in the same turn: without the wait for the one before, this run's messages
      // would leave between it and those that `soon` made wait for it.
      const inTurn = flow.committed === undefined ? written : flow.committed.then(() => written);
      const done = inTurn.then((isWritten) => {
        if (isWritten) messages.forEach(send);
      });
      flow.committed = done;
      void done.then(() => {
        if (flow.committed === done) flow.committed = undefined;
      });
    },
  };
}
