import { Buffer } from "node:buffer";
import { quoted } from "#flows/problem.ts";
import type { Severity } from "#flows/node.ts";
import { defineChannel } from "../channelKind.ts";
import { problemAt } from "../readConfig.ts";
import { hostOfUrl, urlProblem } from "../webAddress.ts";

/** ntfy turns longer texts into attachments. */
const TEXT_MAX_BYTES = 4_000;
const TITLE_MAX_BYTES = 250;

/** From 1 (silent) to 5 (rings even when the phone is muted). */
const PRIORITIES: Readonly<Record<Severity, string>> = {
  info: "3",
  warning: "4",
  minor: "4",
  major: "5",
  critical: "5",
};

/** Sends notices to phones through ntfy. */
export const ntfy = defineChannel({
  kind: "ntfy",
  title: "ntfy",
  summary: "Sends each notice to the ntfy app on phones and desktops.",
  fields: {
    server: {
      type: "text",
      label: "Server",
      help: "The public server, or the address of your own.",
      default: "https://ntfy.sh",
    },
    topic: {
      type: "text",
      label: "Topic",
      help: "Who knows its name can read it on the public server: choose one that nobody guesses.",
    },
    token: { type: "secret", label: "Access token", help: "For protected topics.", optional: true },
    tags: {
      type: "text",
      label: "Tags",
      help: "Such as house,warning; some show as an emoji.",
      optional: true,
    },
  },
  hostOf: ({ server }) => hostOfUrl(server),
  check({ server, topic, tags }) {
    const problems = [urlProblem("server", server)];
    if (topic !== "" && !/^[-_A-Za-z0-9]{1,64}$/.test(topic))
      problems.push(problemAt("topic", `${quoted(topic)} is no topic: up to 64 letters, digits, - and _.`));
    if (!/^[\x20-\x7e]*$/.test(tags))
      problems.push(problemAt("tags", "Tags are written with plain letters."));
    return problems.filter((problem) => problem !== undefined);
  },
  deliver(notice, { config, secrets, connect, signal }) {
    const title = cutToBytes(notice.title.replace(/\s+/g, " ").trim(), TITLE_MAX_BYTES);
    return connect.deliver({
      method: "POST",
      url: `${config.server.replace(/\/+$/, "")}/${config.topic}`,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        priority: PRIORITIES[notice.severity],
        "idempotency-key": notice.id,
        ...(title !== "" && { title: encodedHeader(title) }),
        ...(config.tags !== "" && { tags: config.tags }),
        ...(secrets.token !== "" && { authorization: `Bearer ${secrets.token}` }),
      },
      body: cutToBytes(notice.text, TEXT_MAX_BYTES),
      signal,
    });
  },
});

/** HTTP headers are ASCII; ntfy reads encoded words [RFC 2047]. */
function encodedHeader(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes("=?")) return text;
  return `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
}

/** Cuts between characters, never inside one. */
function cutToBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  return `${bytes
    .subarray(0, bytesMax - 3)
    .toString()
    .replace(/\uFFFD$/, "")}…`;
}
