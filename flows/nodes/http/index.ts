import { key, mapping, template } from "../../expressions.ts";
import { optional } from "../../field.ts";
import { choice, duration, rows, text } from "../../fields.ts";
import { defineNode, emit } from "../../node.ts";
import { short } from "../sentences.ts";
import { examples } from "./examples.ts";
import { type AskState, askedFor, takeResult, timeOut } from "./ask.ts";
import { requestOf } from "./request.ts";
import { requestProblems } from "./requestProblems.ts";

const withBody = { field: "method", is: ["POST", "PUT", "PATCH"] } as const;

const fields = {
  method: choice(
    "Method",
    [
      ["GET", "GET"],
      ["POST", "POST"],
      ["PUT", "PUT"],
      ["PATCH", "PATCH"],
      ["DELETE", "DELETE"],
    ],
    { default: "POST" },
  ),
  url: template("Address", {
    help: "Values in it are percent-encoded.",
    placeholder: "https://example.org/rooms/{{params.room}}",
  }),
  body: choice(
    "Body",
    [
      ["payload", "The payload, as JSON"],
      ["fields", "An object of fields, as JSON"],
      ["text", "A text"],
      ["none", "None"],
    ],
    { default: "payload", showIf: withBody },
  ),
  fields: optional(
    mapping("Fields", {
      help: 'Constants, texts with {{...}}, or rules as {"$rule": ...}.',
      showIf: { field: "body", is: ["fields"] },
    }),
  ),
  text: optional(template("Text", { showIf: { field: "body", is: ["text"] } })),
  headers: rows(
    "Headers",
    { name: text("Name", { lengthMax: 100 }), value: template("Value") },
    { minimum: 0, maximum: 20, default: [], advanced: true },
  ),
  mode: choice(
    "Then",
    [
      ["send", "Go on: the outbox delivers it, and tries again where that helps"],
      ["ask", "Wait for the reply and go on with it"],
    ],
    { default: "send" },
  ),
  timeout: duration("Time limit", { default: "10s", minimumMs: 100, maximumMs: 60_000, advanced: true }),
  key: key("Waits are kept for each", { advanced: true, cosmetic: true }),
};

/** Calls a web address; can wait for the reply. */
export const http = defineNode({
  type: "http",
  title: "HTTP request",
  summary: "Calls a web address, or asks one and goes on with the reply.",
  group: "action",
  icon: "globe",
  synonyms: ["webhook", "rest", "api", "request", "curl", "rest_command", "fetch", "url"],
  fields,
  ports: ({ mode }) => [mode === "ask" ? "reply" : "out"],
  fails: true,
  initial: (): AskState => ({ asked: 0, waiting: [] }),
  overdue: "fire",
  sentence: ({ method = "POST", url = "no address yet" }) =>
    short(`${method} ${url.replace(/^https?:\/\//, "")}`),
  check: requestProblems,
  receive(message, config, context) {
    const ask = config.mode === "ask";
    const effect = requestOf(message, config, context.budget);
    if (!ask)
      return { commands: [effect, emit("out", message)], why: () => `Handed to the outbox: ${effect.url}` };
    return askedFor(message, effect, context);
  },
  wake: timeOut,
  result: takeResult,
  examples,
});
