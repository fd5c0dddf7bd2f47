import { shallowRef } from "vue";
import type { Me } from "#server/api/contract.ts";
import { api, onSignedOut } from "../api.ts";
import { live } from "../live.ts";

/** Who is signed in and what hub this is; `undefined` until the hub has answered once. */
export const me = shallowRef<Me>();

/** Asks the hub who we are and opens the live connection for a signed-in user. */
export async function loadSession(): Promise<Me> {
  return enter(await api.me());
}

/** Takes over an answer that tells who is signed in. */
export function enter(answer: Me): Me {
  me.value = answer;
  if (answer.user === undefined) live.stop();
  else live.start();
  return answer;
}

/** Ends the session here and at the hub. */
export async function signOut(): Promise<void> {
  await api.logout();
  await loadSession();
}

onSignedOut(() => {
  if (me.value?.user === undefined) return;
  const { user: _gone, ...rest } = me.value;
  enter(rest);
});
