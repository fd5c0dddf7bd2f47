import { limitLines, limitMarkdown } from "../settings.ts";
import { type Command, exitCodes } from "./command.ts";

/** `millrace limits`: what bounds the broker, and how to change it. */
export const limits: Command = {
  name: "limits",
  usage: "limits [--markdown]\n\n  --markdown  the table of the README",
  summary: "lists the limits of the broker, with their defaults",
  async run(args, { out, err }) {
    const unknown = args.find((each) => each !== "--markdown");
    if (unknown !== undefined) {
      err(`There is no option "${unknown}"; the option is --markdown.`);
      return exitCodes.usedWrongly;
    }
    // At once, so that a reader such as head may stop early.
    out((args.length > 0 ? limitMarkdown() : limitLines()).join("\n"));
    return exitCodes.ok;
  },
};
