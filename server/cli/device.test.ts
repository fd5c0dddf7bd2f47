import { expect, test } from "vitest";
import { runCommand } from "./runCommand.ts";

test.each([
  [[], /Say what to do with devices/],
  [["dance", "pump"], /Say what to do with devices/],
  [["add"], /Name the device/],
  [["add", "a", "b"], /"b" is too much/],
  [["list", "a"], /"a" is too much/],
  [["list", "--cert"], /takes no --cert/],
  [["revoke", "a", "--out", "b"], /takes no --out/],
  [["add", "a", "--colour", "red"], /--colour/],
  [["add", "a", "--http-port", "many"], /"many"/],
] as const)(
  "millrace device %j is used wrongly: exit code 2, and nothing on standard output",
  async (args, sentence) => {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await runCommand(["device", ...args], {
      environment: { MILLRACE_DATA: "/nonexistent" },
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
    });
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.join("\n")).toMatch(sentence);
  },
);
