import type { FastifyInstance } from "fastify";
import { ApiProblem } from "./problem.ts";

/**
 * Takes JSON and nothing else: valid UTF-8, of bounded depth, without keys that change prototypes. The depth is
 * measured before parsing, because the parser alone accepts 100,000 levels.
 */
export function takeJsonOnly(app: FastifyInstance, depthMax: number): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const text = readText(body, depthMax);
    if (text instanceof ApiProblem) return done(text);
    if (text.trim() === "") return done(null, undefined);
    void parse(request, text, (error, value) => done(error === null ? null : bodyProblem(text), value));
  });
}

function readText(body: Buffer, depthMax: number): string | ApiProblem {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    return new ApiProblem("body.malformed", "The body is not valid UTF-8.", { cause });
  }
  return isDeeper(text, depthMax)
    ? new ApiProblem("body.too-deep", `The body is nested more than ${depthMax} levels deep.`)
    : text;
}

/** True for JSON text that is nested more deeply than allowed; parses nothing. */
function isDeeper(json: string, depthMax: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < json.length; index++) {
    const char = json[index];
    if (isInText) {
      if (char === "\\") index++;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === "}" || char === "]") depth--;
    else if ((char === "{" || char === "[") && ++depth > depthMax) return true;
  }
  return false;
}

/** The parser tells neither what is wrong nor where: a text that is plain JSON has an unsafe key. */
function bodyProblem(text: string): ApiProblem {
  try {
    JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    return new ApiProblem("body.malformed", `The body is not valid JSON: ${why}.`, { cause });
  }
  return new ApiProblem("body.unsafe-key", "The body has a key __proto__ or constructor.prototype.");
}
