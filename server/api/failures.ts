import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import type { Duplex } from "node:stream";
import { securityHeaders } from "./headers.ts";
import type { ApiLog } from "./parts.ts";
import { ApiProblem, PROBLEM_TYPE, problemOf, unexpectedProblem, type ProblemAnswer } from "./problem.ts";
import { statusOf } from "./problemCodes.ts";
import { validationProblem } from "./validation.ts";

/** Turns whatever goes wrong in a route into a problem document; only what nobody expected is logged. */
export function answerFailures(app: FastifyInstance, log: ApiLog): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = problemOf(translated(error));
    if (answer === undefined)
      log.error({ err: error, method: request.method, route: request.routeOptions.url }, "A route failed.");
    return sendProblem(reply, answer ?? unexpectedProblem);
  });
}

/** Sends a problem document. */
export function sendProblem(reply: FastifyReply, { document, headers }: ProblemAnswer): FastifyReply {
  return reply.code(document.status).headers(headers).type(PROBLEM_TYPE).send(JSON.stringify(document));
}

/** Answers on a bare socket, where there is no reply: broken HTTP, and upgrades that are refused. */
export function endWithProblem(socket: Duplex, error: ApiProblem): void {
  const answer = problemOf(error) ?? unexpectedProblem;
  const body = JSON.stringify(answer.document);
  const headers = {
    ...securityHeaders(false),
    ...answer.headers,
    "content-type": PROBLEM_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (!socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${answer.document.status} ${answer.document.title}\r\n${lines.join("")}\r\n${body}`);
}

/** What the framework refuses, in our words. */
function translated(error: FastifyError): Error {
  if (error.validation !== undefined) return validationProblem(error);
  const options = { cause: error };
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ApiProblem("body.too-large", "The body has more than 1 MiB.", options);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_TYPE":
      return new ApiProblem("body.not-json", "Send the body as application/json.", options);
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new ApiProblem("request.malformed", "The body is not as long as Content-Length says.", options);
    case "FST_ERR_BAD_URL":
      return new ApiProblem("request.malformed", "The address of the request cannot be read.", options);
    default:
      return isCallersFault(error)
        ? new ApiProblem("request.malformed", "The request cannot be understood.", options)
        : error;
  }
}

/** Other refusals of the framework and of its file server, such as a path with a zero byte. */
function isCallersFault({ code, statusCode = 500 }: FastifyError): boolean {
  return statusOf(code ?? "") === undefined && statusCode >= 400 && statusCode < 500;
}
