import type { Performer } from "./performer.ts";
import type { OutboxRow } from "./outboxStore.ts";
import type { Outcome } from "./outcome.ts";

/** Performs a row once, cut off when the signal aborts; never throws. A refusal by policy is final. */
export async function attempt(
  row: OutboxRow,
  performer: Performer | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  if (performer === undefined)
    return { outcome: "refused", reason: "unsupported", error: `This hub cannot carry out "${row.kind}".` };
  try {
    return await Promise.race([performer(row, signal), cutOff(signal)]);
  } catch (error) {
    return isPolicy(error)
      ? { outcome: "refused", reason: "policy", error: messageOf(error) }
      : { outcome: "retry", error: messageOf(error) };
  }
}

/** The sentence of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A performer that ignores its signal must not hold the slot. */
function cutOff(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(new Error("The attempt took too long and was cut off."));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

function isPolicy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "policy";
}
