import type { Page } from "playwright-core";
import type { HubProcess } from "../hub/hubProcess.ts";

/**
 * Tells all that should never be seen in the console or on the network of a page of ours: errors, warnings of Vue,
 * breaches of the content security policy, and requests to any host but the hub.
 */
export function watchPage(
  page: Page,
  { url }: Pick<HubProcess, "url">,
  complain: (text: string) => void,
): void {
  const { host } = new URL(url);
  page.on("pageerror", (error) => complain(`uncaught: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    const isLoud = message.type() === "error" || /\[Vue|Content Security Policy/i.test(text);
    if (isLoud) complain(`console: ${text} (${message.location().url})`);
  });
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (/^https?:$/.test(target.protocol) && target.host !== host) complain(`request to ${request.url()}`);
  });
  page.on("websocket", (socket) => {
    if (new URL(socket.url()).host !== host) complain(`socket to ${socket.url()}`);
  });
}
