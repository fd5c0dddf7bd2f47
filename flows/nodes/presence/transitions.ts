import { formatDuration } from "../../logic/duration.ts";
import { type DeviceRef, type Message, createMessage } from "../../message.ts";
import {
  type Command,
  type NodeContext,
  type PresenceEvent,
  type PresenceTransition,
  type Reaction,
  cancel,
  emit,
  wake,
} from "../../node.ts";

export interface PresenceConfig {
  readonly events: readonly PresenceTransition[];
  /** ms. */
  readonly after: number;
  readonly minOutage: number;
  readonly summary: number;
}

export interface PresenceState {
  /** By id; kept only where a state must last. */
  readonly devices: Readonly<Record<string, DeviceState>>;
  /** What waits for the summary. */
  readonly collected: readonly Told[];
}

interface DeviceState {
  /** Told when it has lasted. */
  readonly pending: Told | null;
  /** Told last; a state that is told already is not told twice. */
  readonly told: PresenceTransition | null;
}

interface Told {
  readonly event: PresenceTransition;
  readonly device: DeviceRef;
  readonly payload: Readonly<Record<string, unknown>>;
}

type Context = NodeContext<PresenceState>;
type PresenceReaction = Reaction<PresenceState, PresenceTransition>;

/** Devices that a summary lists by name; more are only counted. */
const LISTED_MAX = 200;

/** A transition came. */
export function take(event: PresenceEvent, config: PresenceConfig, context: Context): PresenceReaction {
  const { after, minOutage } = config;
  const told: Told = { event: event.event, device: event.device, payload: payloadOf(event) };
  const { outageMs = 0 } = event;
  if (after > 0) return takeLasting(told, config, context, outageMs >= minOutage);
  if (!config.events.includes(event.event)) return { why: () => `"${event.event}" is not asked for.` };
  if (event.event === "recovered" && outageMs < minOutage)
    return {
      why: () => `The outage of ${formatDuration(outageMs)} is shorter than ${formatDuration(minOutage)}.`,
    };
  return tell(told, config, context, context.state.devices);
}

/** A state has lasted as long as it must. */
export function report(timer: string, config: PresenceConfig, context: Context): PresenceReaction {
  const { devices } = context.state;
  const id = timer.slice(timer.indexOf(" ") + 1);
  const pending = Object.hasOwn(devices, id) ? devices[id]?.pending : undefined;
  if (pending === undefined || pending === null) return {};
  return tell(pending, config, context, { ...devices, [id]: { pending: null, told: pending.event } });
}

/** One message for each kind of transition that was collected. */
export function sendSummary({ events }: PresenceConfig, context: Context): PresenceReaction {
  const { state, nowMs, eventId } = context;
  const commands = events.flatMap((event) => {
    const told = state.collected.filter((one) => one.event === event);
    if (told.length === 0) return [];
    const devices = told.slice(0, LISTED_MAX).map(({ payload }) => payload);
    const payload = { event, count: told.length, devices };
    return [emit(event, createMessage({ topic: "", payload, key: "*", seenAt: nowMs, id: eventId }))];
  });
  return {
    state: { ...state, collected: [] },
    commands,
    why: () => `${state.collected.length} transitions, collected.`,
  };
}

/** Any transition ends the wait of the one before; a state that was told already need not last again. */
function takeLasting(
  told: Told,
  config: PresenceConfig,
  { state, nowMs }: Context,
  isLongEnough: boolean,
): PresenceReaction {
  const { id } = told.device;
  const before = Object.hasOwn(state.devices, id) ? state.devices[id] : undefined;
  const isWanted = config.events.includes(told.event) && (told.event !== "recovered" || isLongEnough);
  const isKnown = before?.told === told.event;
  // Nobody was told of the outage, so nobody need hear that it is over.
  const isUnheard =
    told.event === "recovered" && before?.pending?.event === "offline" && config.events.includes("offline");
  const waits = isWanted && !isKnown && !isUnheard;
  const broken = before?.pending?.event;
  return {
    state: {
      ...state,
      // What is not asked for is not told, so whatever follows it is news again.
      devices: {
        ...state.devices,
        [id]: { pending: waits ? told : null, told: isWanted ? (before?.told ?? null) : null },
      },
    },
    commands: waits ? [wake(`after ${id}`, nowMs + config.after)] : [cancel(`after ${id}`)],
    why: () =>
      [
        broken === undefined ? "" : `"${broken}" did not last.`,
        waits ? `"${told.event}" is told when it has lasted ${formatDuration(config.after)}.` : "",
        isKnown ? `"${told.event}" was told already.` : "",
      ]
        .filter(Boolean)
        .join(" "),
  };
}

function tell(
  told: Told,
  { summary }: PresenceConfig,
  context: Context,
  devices: PresenceState["devices"],
): PresenceReaction {
  const { state, nowMs } = context;
  if (summary === 0)
    return {
      ...(devices !== state.devices && { state: { ...state, devices } }),
      commands: [emit(told.event, messageOf(told, context))],
      why: () => `${told.device.name}: ${told.event}.`,
    };
  const commands: Command<PresenceTransition>[] =
    state.collected.length === 0 ? [wake("summary", nowMs + summary)] : [];
  return {
    state: { devices, collected: [...state.collected, told] },
    commands,
    why: () => `${told.device.name}: ${told.event}; collected for the summary.`,
  };
}

function messageOf({ device, payload }: Told, { nowMs, eventId }: Context): Message {
  return createMessage({
    topic: "",
    payload,
    key: device.id,
    device,
    seenAt: nowMs,
    id: eventId,
    facts: { presence: payload },
  });
}

function payloadOf(event: PresenceEvent): Readonly<Record<string, unknown>> {
  const { device, state, previous, reason, since, outageMs, blinks, parent } = event;
  return {
    device: device.id,
    name: device.name,
    state,
    previous,
    reason,
    since,
    ...(outageMs !== undefined && { outage: outageMs }),
    blinks,
    ...(parent !== undefined && { parent }),
  };
}
