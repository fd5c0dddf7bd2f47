import type { FastifyInstance } from "fastify";
import { apiLimits } from "./limits.ts";
import { ApiProblem } from "./problem.ts";

/**
 * Takes JSON and nothing else: valid UTF-8, of bounded depth, without keys that change prototypes. The depth is
 * measured before parsing, because the parser alone accepts 100,000 levels.
 */
export function takeJsonOnly(app: FastifyInstance, depthMax: number): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    try {
      const text = decode(body as Buffer);
      if (text.trim() === "") return done(null, undefined);
      checkDepth(text, depthMax);
      parse(request, text, (error, value) => done(error === null ? null : bodyProblem(text), value));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Refuses JSON text that is nested too deeply, without parsing it. */
export function checkDepth(json: string, depthMax = apiLimits.jsonDepth): void {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < json.length; index++) {
    const char = json[index];
    if (isInText) {
      if (char === "\\") index++;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === "}" || char === "]") depth--;
    else if ((char === "{" || char === "[") && ++depth > depthMax)
      throw new ApiProblem("body.too-deep", `The body is nested more than ${depthMax} levels deep.`);
  }
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new ApiProblem("body.malformed", "The body is not valid UTF-8.", { cause });
  }
}

/** The parser tells neither what is wrong nor where: a text that is plain JSON has an unsafe key. */
function bodyProblem(text: string): ApiProblem {
  try {
    JSON.parse(text);
  } catch (cause) {
    return new ApiProblem("body.malformed", `The body is not valid JSON: ${(cause as Error).message}.`, { cause });
  }
  return new ApiProblem("body.unsafe-key", "The body has a key __proto__ or constructor.prototype.");
}
