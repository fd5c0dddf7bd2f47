import type { DeviceSummary, Page, ProblemDocument } from "./api/contract.ts";
import type { DeviceDesk } from "./deviceDesk.ts";
import type { LocalControl } from "./localControl.ts";
import { refusal } from "./refusal.ts";

/** A hub on this computer that needs longer than this is not well. */
const ANSWER_MAX_MS = 15_000;

/** Devices by way of the hub that runs. */
export function runningDesk({ url, token }: LocalControl): DeviceDesk {
  async function ask<Body>(method: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    }).catch((error: unknown) => {
      throw refusal("hub.unreachable", `The hub at ${url} does not answer: ${reasonOf(error)}.`);
    });
    const text = await response.text();
    const answer: unknown = text === "" ? undefined : JSON.parse(text);
    if (response.ok) return answer as Body;
    const { code, detail, problems } = answer as ProblemDocument;
    throw refusal(code, detail, problems);
  }

  async function list(): Promise<readonly DeviceSummary[]> {
    const devices: DeviceSummary[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page: Page<DeviceSummary> = await ask("GET", `/devices${cursor && `?cursor=${cursor}`}`);
      devices.push(...page.items);
      cursor = page.next;
    }
    return devices;
  }

  const at = (id: string, rest = "") => `/devices/${encodeURIComponent(id)}${rest}`;
  return {
    list,
    add: (request) => ask("POST", "/devices", request),
    remove: (id) => ask("DELETE", at(id)),
    renew: (id) => ask("POST", at(id, "/credentials"), {}),
    certify: (id, only) => ask("POST", at(id, "/certificate"), { only }),
    certificates: (id) => ask("GET", at(id, "/certificates")),
    revoke: (id, fingerprint) =>
      ask("POST", at(id, "/revoke"), fingerprint === undefined ? {} : { fingerprint }),
    async close() {},
  };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
