import { quoted, type Problem } from "#flows/problem.ts";
import { problemAt } from "./readConfig.ts";

/** What is wrong with a web address in a setting. Whether the hub may call it is decided at every call. */
export function urlProblem(field: string, text: string): Problem | undefined {
  if (text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:"))
    return problemAt(field, `${quoted(text)} is no web address; it begins with https:// or http://.`);
  if (url.username !== "" || url.password !== "")
    return problemAt(field, "The web address must not hold a user name or a password; use the secret.");
  return undefined;
}

/** Scheme, host and port: secrets belong to these. */
export function hostOfUrl(text: string): string {
  return URL.canParse(text) ? new URL(text).origin : text;
}
