import type { FastifyError } from "fastify";
import { pointer, quoted, type Problem } from "#flows/problem.ts";
import { ApiProblem } from "./problem.ts";

type Finding = NonNullable<FastifyError["validation"]>[number] & { readonly data?: unknown };
type Params = Readonly<Record<string, unknown>>;

/** Values that must not be repeated in an answer. */
const SECRET = /password|token|secret/i;
/** Problems of one answer. */
const PROBLEMS_MAX = 100;

/** Everything that a schema found wrong, each with its place and a sentence. */
export function validationProblem({ validation = [], validationContext }: FastifyError): ApiProblem {
  const where =
    validationContext === "querystring" ? "query" : validationContext === "params" ? "path" : "body";
  const problems = (validation as readonly Finding[])
    .filter(({ keyword }) => keyword !== "anyOf")
    .slice(0, PROBLEMS_MAX)
    .map((finding) => problemOf(finding, where));
  const [first] = problems;
  const detail =
    first === undefined || problems.length > 1
      ? `The ${where} of the request has ${problems.length} mistakes.`
      : first.message;
  return new ApiProblem("request.invalid", detail, { problems });
}

function problemOf(finding: Finding, where: string): Problem {
  const { missingProperty, additionalProperty } = finding.params as Params;
  const name = missingProperty ?? additionalProperty;
  const path = finding.instancePath + (typeof name === "string" ? pointer(name) : "");
  const field = path
    .slice(path.lastIndexOf("/") + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
  return {
    code: `request.${finding.keyword}`,
    severity: "error",
    ...(field !== "" && { field }),
    path,
    message: sentence(finding, field === "" ? `The ${where}` : `"${field}" of the ${where}`),
  };
}

function sentence(
  { keyword, params, message = "is not valid", data, instancePath }: Finding,
  what: string,
): string {
  const { limit, type, allowedValues } = params as Params;
  const not = SECRET.test(instancePath) || data === undefined ? "" : `, not ${quoted(data)}`;
  switch (keyword) {
    case "required":
      return `${what} is missing.`;
    case "additionalProperties":
      return `${what} is not known here.`;
    case "type":
      return `${what} must be of type ${[type].flat().join(" or ")}${not}.`;
    case "enum":
      return `${what} must be one of ${listed(allowedValues)}${not}.`;
    case "minLength":
      return limit === 1
        ? `${what} must not be empty.`
        : `${what} must have at least ${String(limit)} characters.`;
    case "maxLength":
      return `${what} must have at most ${String(limit)} characters.`;
    case "minimum":
      return `${what} must be at least ${String(limit)}${not}.`;
    case "maximum":
      return `${what} must be at most ${String(limit)}${not}.`;
    case "minItems":
      return `${what} must have at least ${String(limit)} entries.`;
    case "maxItems":
      return `${what} must have at most ${String(limit)} entries.`;
    default:
      return `${what} ${message}${not}.`;
  }
}

function listed(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => quoted(value)).join(", ") : "";
}
