import { quoted } from "#flows/problem.ts";
import { defineChannel } from "../channelKind.ts";
import { problemAt } from "../readConfig.ts";
import { hostOfUrl, urlProblem } from "../webAddress.ts";

/** Headers the hub or HTTP itself sets. */
const RESERVED: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "idempotency-key",
]);
const HEADERS_MAX = 20;

/** Posts notices as JSON to any web service. */
export const webhook = defineChannel({
  kind: "webhook",
  title: "Webhook",
  summary: "Posts each notice as JSON to a web address.",
  fields: {
    url: {
      type: "text",
      label: "Address",
      help: "Where the notice is posted, such as https://example.org/hook.",
    },
    headers: {
      type: "text",
      label: "Headers",
      help: "One on each line, such as X-Source: hub. Put nothing secret here.",
      optional: true,
    },
    secretName: {
      type: "text",
      label: "Secret header",
      help: "Name of the header that carries the secret.",
      default: "Authorization",
    },
    secret: {
      type: "secret",
      label: "Secret",
      help: "Value of the secret header, such as Bearer and a token.",
      optional: true,
    },
  },
  hostOf: ({ url }) => hostOfUrl(url),
  check({ url, headers, secretName }) {
    const problems = [urlProblem("url", url), headerProblem("secretName", secretName)];
    const { lines, wrong } = readHeaders(headers);
    for (const line of wrong)
      problems.push(problemAt("headers", `${quoted(line)} is no header; write Name: value on one line.`));
    if (lines.length > HEADERS_MAX)
      problems.push(problemAt("headers", `${lines.length} headers are too many; at most ${HEADERS_MAX}.`));
    for (const [name] of lines) problems.push(headerProblem("headers", name));
    return problems.filter((problem) => problem !== undefined);
  },
  deliver(notice, { config, secrets, connect, signal }) {
    const { id, title, text, severity, flow, node, run, at } = notice;
    return connect.deliver({
      method: "POST",
      url: config.url,
      headers: {
        ...Object.fromEntries(readHeaders(config.headers).lines),
        ...(secrets.secret !== "" && { [config.secretName.toLowerCase()]: secrets.secret }),
        "content-type": "application/json",
        "idempotency-key": id,
      },
      body: JSON.stringify({ id, title, text, severity, flow, node, run, at: new Date(at).toISOString() }),
      signal,
    });
  },
});

function readHeaders(text: string): { lines: [string, string][]; wrong: string[] } {
  const lines: [string, string][] = [];
  const wrong: string[] = [];
  for (const line of text.split("\n").filter((candidate) => candidate.trim() !== "")) {
    const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*([\t\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) wrong.push(line.trim());
    else lines.push([name.toLowerCase(), value.trim()]);
  }
  return { lines, wrong };
}

function headerProblem(field: string, name: string) {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
    return problemAt(field, `${quoted(name)} is no name of a header.`);
  return RESERVED.has(name.toLowerCase())
    ? problemAt(field, `The header ${quoted(name)} is set by the hub.`)
    : undefined;
}
