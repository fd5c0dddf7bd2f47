import type { ChannelKind } from "./channelKind.ts";
import { email } from "./email/email.ts";
import { inbox } from "./inbox/inbox.ts";
import { ntfy } from "./ntfy/ntfy.ts";
import { webhook } from "./webhook/webhook.ts";

/** Every kind of channel; a new one adds its folder and a line here. */
export const channelKinds: readonly ChannelKind[] = [inbox, email, webhook, ntfy];
