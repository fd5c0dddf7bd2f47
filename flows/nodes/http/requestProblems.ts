import type { SettingProblem } from "../../node.ts";
import type { RequestConfig } from "./request.ts";

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Set by whoever sends the request. */
const RESERVED: ReadonlySet<string> = new Set(["host", "content-length", "connection", "transfer-encoding"]);

/** Mistakes in the settings of a request, found when the flow is saved. */
export function requestProblems({
  method,
  url,
  body,
  fields,
  text,
  headers,
}: RequestConfig): readonly SettingProblem[] {
  const problems: SettingProblem[] = [];
  const hasBody = method !== "GET" && method !== "DELETE";
  if (!/^https?:\/\/[^\s/?#@{}\\]+(?=[/?#]|$)/i.test(url.source))
    problems.push({
      path: "url",
      message: `The address must begin with http:// or https:// and a fixed host, not with "${url.source.slice(0, 40)}".`,
    });
  if (hasBody && body === "fields" && fields === undefined)
    problems.push({ path: "fields", message: "Set the fields of the body." });
  if (hasBody && body === "text" && text === undefined)
    problems.push({ path: "text", message: "Set the text of the body." });
  if (hasBody && body === "text" && text?.constant === false && /^\s*[{[]/.test(text.source))
    problems.push({
      path: "text",
      severity: "warning",
      message: "A quote in a value would break this JSON; choose an object of fields as the body instead.",
    });
  headers.forEach(({ name }, index) => {
    if (!TOKEN.test(name))
      problems.push({ path: `headers/${index}/name`, message: `"${name}" is no name of a header.` });
    else if (RESERVED.has(name.toLowerCase()))
      problems.push({
        path: `headers/${index}/name`,
        message: `The header "${name}" is set by the hub itself.`,
      });
  });
  return problems;
}
