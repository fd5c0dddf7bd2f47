import { NodeError } from "../../errors.ts";
import type { Budget } from "../../logic/budget.ts";
import type { Mapping } from "../../logic/mapping.ts";
import type { Template } from "../../logic/template.ts";
import type { Message } from "../../message.ts";
import type { Effect } from "../../node.ts";
import { quoted } from "../../problem.ts";

export type HttpEffect = Extract<Effect, { readonly do: "http" }>;

export interface RequestConfig {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: Template;
  readonly body: "payload" | "fields" | "text" | "none";
  readonly fields: Mapping | undefined;
  readonly text: Template | undefined;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly mode: "send" | "ask";
  /** ms. */
  readonly timeout: number;
}

/** Scheme, host, and nothing that could change what either means. */
const ADDRESS = /^https?:\/\/[^\s/?#@\\]+([/?#][^\s\\]*)?$/i;

/** The request that a message makes. Throws `url.invalid` and `effect.failed`. */
export function requestOf(message: Message, config: RequestConfig, budget: Budget): HttpEffect {
  const { method, timeout, mode } = config;
  const body = bodyOf(message, config, budget);
  return {
    do: "http",
    method,
    url: urlOf(message, config.url, budget.zone),
    headers: headersOf(message, config, { hasBody: body !== undefined, zone: budget.zone }),
    ...(body !== undefined && { body }),
    timeoutMs: timeout,
    ask: mode === "ask",
  };
}

function urlOf(message: Message, url: Template, zone: string): string {
  const missing = url.missing(message);
  if (missing.length > 0)
    throw new NodeError(
      "url.invalid",
      `The address ${quoted(url.source)} needs ${missing.join(", ")}, which is missing.`,
    );
  const encode = (value: string) => encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, "\uFFFD"));
  const address = url.renderWith(message, encode, zone);
  if (!ADDRESS.test(address))
    throw new NodeError(
      "url.invalid",
      `${quoted(address)} is no web address that begins with http:// or https://.`,
    );
  return address;
}

function bodyOf(
  message: Message,
  { method, body, fields, text }: RequestConfig,
  budget: Budget,
): string | undefined {
  if (method === "GET" || method === "DELETE" || body === "none") return undefined;
  if (body === "text") return text?.render(message, budget.zone) ?? "";
  if (body === "fields") return JSON.stringify(fields?.build(message, budget) ?? {});
  if (message.payload === undefined)
    throw new NodeError("effect.failed", "There is no payload to send: the value is missing.");
  return JSON.stringify(message.payload);
}

function headersOf(
  message: Message,
  { headers, body }: RequestConfig,
  { hasBody, zone }: { readonly hasBody: boolean; readonly zone: string },
): Readonly<Record<string, string>> {
  const made: Record<string, string> = {};
  if (hasBody) made["content-type"] = body === "text" ? "text/plain; charset=utf-8" : "application/json";
  for (const { name, value } of headers) {
    const rendered = value.render(message, zone).trim();
    // RFC 9110, 5.5: a line break in a value would begin another header.
    if (/[\r\n\0]/.test(rendered))
      throw new NodeError(
        "effect.failed",
        `The header "${name}" would hold a line break: ${quoted(rendered)}.`,
      );
    made[name.toLowerCase()] = rendered;
  }
  return made;
}
