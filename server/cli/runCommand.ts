import { check } from "./check.ts";
import { type Command, type CommandWorld, exitCodes } from "./command.ts";
import { device } from "./device.ts";
import { limits } from "./limits.ts";
import { start } from "./start.ts";
import { test } from "./test.ts";

const commands: readonly Command[] = [start, test, check, device, limits];

/** Runs one command of the command line; resolves to the exit code. */
export async function runCommand(args: readonly string[], world: CommandWorld): Promise<number> {
  const [name, ...rest] = args;
  const command = commands.find((one) => one.name === name);
  if (name === undefined || name === "help" || name === "--help") {
    for (const line of helpLines()) world.out(line);
    return name === undefined ? exitCodes.usedWrongly : exitCodes.ok;
  }
  if (command === undefined) {
    world.err(`There is no command "${name}".`);
    for (const line of helpLines()) world.err(line);
    return exitCodes.usedWrongly;
  }
  if (rest.includes("--help")) {
    world.out(`Usage: millrace ${command.usage}`);
    return exitCodes.ok;
  }
  return command.run(rest, world);
}

function helpLines(): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "Millrace, a flow automation server for home and industrial automation hubs.",
    "",
    "Usage: millrace <command> [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "millrace <command> --help tells more.",
  ];
}
