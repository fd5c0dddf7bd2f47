import type { BrokerFinding } from "./broker/broker.ts";
import type { LiveDesk } from "./liveDesk.ts";

/** What the hub itself has to say goes to the inbox, from no flow. */
export interface HubNotices {
  /** A second one with the same id changes nothing. */
  add(notice: { readonly id: string; readonly title: string; readonly text: string }): Promise<void>;
}

/** Notices of the hub in the inbox. */
export function createHubNotices(parts: {
  readonly live: Pick<LiveDesk, "inbox">;
  readonly now: () => number;
}): HubNotices {
  return {
    add: (notice) =>
      parts.live.inbox.add({
        ...notice,
        at: parts.now(),
        severity: "critical",
        flow: "",
        node: "",
        run: "",
      }),
  };
}

/** What people should know of a client or an address that was shut out: who, until when, and what to look at. */
export function noticeOf(finding: BrokerFinding): Parameters<HubNotices["add"]>[0] {
  const until = `It is shut out until ${new Date(finding.until).toISOString()}.`;
  if (finding.kind === "protocol-errors")
    return {
      id: `protocol-errors-${finding.address}-${finding.until}`,
      title: "Somebody keeps breaking the MQTT protocol",
      text: `Connections from ${finding.address} keep sending broken packets. ${until} Look at what runs there.`,
    };
  const { clientId, addresses } = finding;
  return {
    id: `flapping-${clientId}-${finding.until}`,
    title: `Two devices seem to share the client id "${clientId}"`,
    text: `The client id "${clientId}" keeps connecting from ${addresses.join(" and ")}, each connection ending the one before. ${until} Give each device a client id of its own.`,
  };
}
