import { createAgenda } from "#flows/engine/agenda.ts";
import { type Program, type ProgramNode, compileFlow } from "#flows/engine/program.ts";
import { type Downtime, cancelAll, carryOver, memoryAfter } from "#flows/engine/restore.ts";
import { runEvent, runIdOf, runResult, runTimer } from "#flows/engine/run.ts";
import { type Timer, forgetStale } from "#flows/engine/state.ts";
import type { FlowEvent } from "#flows/node.ts";
import { createArrivals } from "./arrivals.ts";
import { createClock } from "./clock.ts";
import { createCommitter } from "./committer.ts";
import { type DeployedFlow, createDeployedFlow, restoreFlow } from "./deployedFlow.ts";
import { createEventQueue } from "./eventQueue.ts";
import type { Replay, RuntimeArrival, RuntimeParts } from "./parts.ts";
import { retainedEvents } from "./retainedEvents.ts";
import { createRouter } from "./router.ts";
import { runtimeLimits } from "./runtimeLimits.ts";
import { createRunner } from "./runner.ts";
import type { Deployable, Runtime } from "./runtimeTypes.ts";
import { countsOf, statusOf } from "./status.ts";

export type { Replay } from "./parts.ts";
export type * from "./runtimeTypes.ts";

/** A runtime without flows; nothing happens before `start`. */
export function createRuntime(parts: RuntimeParts): Runtime {
  const { specs, now, log } = parts;
  const agenda = createAgenda();
  const router = createRouter();
  const flows = new Map<string, DeployedFlow>();
  const committer = createCommitter({ ...parts, agenda });
  const runner = createRunner(parts, committer);
  const clock = createClock({ agenda, now, schedule: parts.schedule, fire: fireTimer });
  const arrivals = createArrivals({ ...parts, router, runner, committer, clock });
  const queue = createEventQueue<RuntimeArrival>({
    handle: arrivals.evaluate,
    now,
    isDroppable: ({ qos }) => qos === 0,
  });

  let cancelSweep = () => {};
  let hasStopped = false;

  function fireTimer(timer: Timer): void {
    const flow = flows.get(timer.flow);
    const cause = { eventId: runner.nextEventId(), trigger: `timer of ${timer.node}` };
    if (flow !== undefined) runner.run(flow, cause, (input) => runTimer(input, timer));
  }

  /** An event for every node of a flow that listens to its kind; undefined when none does. */
  function happen(flow: DeployedFlow, event: FlowEvent, trigger: string, only?: string): string | undefined {
    const nodesOf = (program: Program) =>
      listeningTo(program, event.type).filter(({ id }) => only === undefined || id === only);
    if (nodesOf(flow.program).length === 0) return undefined;
    const cause = { eventId: runner.nextEventId(), trigger };
    runner.run(flow, cause, (input) => runEvent(input, event, nodesOf(input.program)));
    clock.look();
    return runIdOf(cause.eventId, flow.id);
  }

  /** Retained values are state, not news: they run through the flow marked `initial`. */
  function readRetained(flow: DeployedFlow): void {
    for (const { event, nodes } of retainedEvents(flow, router, parts)) {
      const trigger = `${event.topic} (retained)`;
      const cause = { eventId: runner.nextEventId(), trigger, bytes: event.size };
      runner.run(flow, cause, (input) => runEvent(input, event, nodes));
    }
    clock.look();
  }

  /** Forgets keys that nobody has used for long (semantics, section 2). */
  function sweep(): void {
    for (const flow of flows.values()) {
      const gone = forgetStale(flow.state, now());
      if (gone.length > 0) committer.forget(flow, gone);
    }
    cancelSweep = parts.schedule(sweep, runtimeLimits.sweepMs);
  }

  function install(flow: DeployedFlow): void {
    flows.set(flow.id, flow);
    router.add(flow);
  }

  function restore({ document, version }: Deployable, downtime: Downtime): DeployedFlow[] {
    const { program, problems } = compileFlow(document, specs);
    if (program === undefined) {
      log.error({ problems }, "A deployed flow can no longer be read, so it does not run.");
      return [];
    }
    const flow = createDeployedFlow(program, version);
    const { skipped, extended } = restoreFlow(flow, { store: parts.store, agenda, downtime });
    if (skipped.length > 0)
      log.warn(
        { flow: flow.id, timers: skipped.length },
        "Deadlines that passed while the hub was down were skipped.",
      );
    committer.saveTimers(flow, extended);
    install(flow);
    return [flow];
  }

  /** A flow that is switched off, with the memory it will be switched on with. */
  function sleeping(document: unknown): DeployedFlow | undefined {
    const { program } = compileFlow(document, specs);
    if (program === undefined) return undefined;
    const flow = createDeployedFlow(program, 0);
    restoreFlow(flow, { store: parts.store, agenda: createAgenda(), downtime: { from: now(), to: now() } });
    return flow;
  }

  function swap(flow: DeployedFlow, program: Program, version: number): void {
    router.remove(flow);
    const { state, reset } = carryOver(flow.program, program, flow.state);
    for (const [slot, { node }] of flow.dirty) if (reset.includes(node)) flow.dirty.delete(slot);
    Object.assign(flow, { program, version, state });
    router.add(flow);
  }

  async function replace(flow: DeployedFlow, program: Program, version: number, commit: () => Promise<void>) {
    flow.held = [];
    try {
      await commit();
      swap(flow, program, version);
    } finally {
      const held = flow.held;
      flow.held = undefined;
      for (const run of held) run();
    }
  }

  /** In the order of their time, with the deadlines between them; in pieces that the disk can take. */
  async function replayAll(replay: readonly Replay[]): Promise<void> {
    for (const [index, entry] of replay.entries()) {
      if (hasStopped) return;
      arrivals.replay(entry);
      if ((index + 1) % runtimeLimits.replayedAtOnce === 0) await allCommitted();
    }
  }

  async function allCommitted(): Promise<void> {
    await Promise.all([...flows.values()].map(({ committed = Promise.resolve() }) => committed));
  }

  return {
    async start(deployables, downtime, replay = []) {
      const restored = deployables.flatMap((deployable) => restore(deployable, downtime));
      if (replay.length > 0) {
        queue.pause();
        await replayAll(replay);
        if (hasStopped) return;
        queue.resume();
      }
      // What is overdue comes first: a start would set a schedule anew, and its missed run would be forgotten.
      clock.fireDue(now());
      for (const flow of restored) happen(flow, { type: "start" }, "start");
      for (const flow of restored) readRetained(flow);
      cancelSweep = parts.schedule(sweep, runtimeLimits.sweepMs);
    },
    async stop() {
      hasStopped = true;
      cancelSweep();
      clock.stop();
      queue.drain();
      await committer.flush();
      await allCommitted();
    },
    receive: queue.push,
    awaits: arrivals.awaits,
    isBusy: queue.isBusy,
    presence(event) {
      clock.fireDue(now());
      for (const flow of flows.values()) happen(flow, event, `${event.device.name} ${event.event}`);
    },
    result(effect, result) {
      const asker = runner.takeAsker(effect);
      const flow = flows.get(asker?.flow ?? "");
      if (asker === undefined || flow === undefined) return;
      const cause = { eventId: runner.nextEventId(), trigger: `answer to ${asker.node}` };
      runner.run(flow, cause, (input) =>
        runResult(input, asker, { effect, ...(asker.ref !== undefined && { ref: asker.ref }), ...result }),
      );
      clock.look();
    },
    inject(id, node, payload) {
      const flow = flows.get(id);
      const event = { type: "inject", ...(payload !== undefined && { payload }) } as const;
      return flow && happen(flow, event, "by hand", node);
    },
    plan(document, deployed) {
      const { program, problems } = compileFlow(document, specs);
      const before = flows.get(program?.flow.id ?? "") ?? sleeping(deployed);
      const memory =
        program === undefined || before === undefined
          ? { reset: [], keptTimers: 0, droppedTimers: 0 }
          : memoryAfter(before.program, program, before.state);
      return { problems, program, ...memory };
    },
    async deploy(program, version, commit) {
      let flow = flows.get(program.flow.id);
      if (flow === undefined) {
        await commit();
        install((flow = createDeployedFlow(program, version)));
      } else {
        await replace(flow, program, version, commit);
      }
      happen(flow, { type: "deploy" }, "deploy");
      readRetained(flow);
    },
    resume(deployable) {
      // A flow that is off lets its deadlines pass; what they waited for is verified as after a restart.
      const nowMs = now();
      for (const flow of restore(deployable, { from: nowMs, to: nowMs })) {
        clock.fireDue(nowMs);
        happen(flow, { type: "start" }, "switched on");
        readRetained(flow);
      }
    },
    async remove(id) {
      const flow = flows.get(id);
      if (flow === undefined) return;
      await committer.flush();
      router.remove(flow);
      flows.delete(id);
      cancelAll(flow.state);
      await flow.committed;
    },
    status: (id) => statusOf(flows.get(id), now()),
    counts: () =>
      countsOf([...flows.values()], {
        ...arrivals.counts(),
        dropped: queue.dropped(),
        consumed: committer.consumed(),
      }),
    onRun: runner.onRun,
  };
}

function listeningTo(program: Program, kind: FlowEvent["type"]): readonly ProgramNode[] {
  return program.listens.filter(({ interest }) => interest.on === kind).map(({ node }) => node);
}
