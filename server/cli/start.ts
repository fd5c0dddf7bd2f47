import { pino } from "pino";
import { type Hub, type Ready, createHub } from "../hub.ts";
import { portProblem } from "../portProblem.ts";
import { type Settings, SettingsError, readSettings, settingSpecs } from "../settings.ts";
import { type Command, type CommandWorld, exitCodes } from "./command.ts";

/** Exit codes of a hub (reliability reference, section 7). */
const hubExitCodes = { forced: 1, uncaught: 70, disk: 74, locked: 75, configuration: 78 } as const;

/** A hub that does not stop in this time is ended. */
const STOP_MAX_MS = 20_000;

/** `millrace start`: runs the hub until it is told to stop. */
export const start: Command = {
  name: "start",
  usage: `start [options]\n\n${settingSpecs.map(({ flag, help }) => `  ${flag.padEnd(18)} ${help}`).join("\n")}`,
  summary: "runs the hub: broker, flows, API and editor",
  async run(args, world) {
    let settings: Settings;
    try {
      settings = readSettings(args, world.environment);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      for (const problem of error.problems) world.err(problem);
      return exitCodes.usedWrongly;
    }
    const log = pino({ level: settings.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
    const hub = createHub({ settings, log });
    const ended = endOf(hub, log);
    try {
      announce(await hub.start(), settings, world);
    } catch (error) {
      world.err(portProblem(error));
      log.error({ err: error }, "The hub could not start.");
      return startFailure(error);
    }
    return ended;
  },
};

/** Resolves to the exit code, once a signal, a broken disk or a defect has ended the hub. */
function endOf(hub: Hub, log: pino.Logger): Promise<number> {
  return new Promise((resolve) => {
    let isEnding = false;
    const end = (code: number) => {
      if (isEnding) return;
      isEnding = true;
      setTimeout(() => process.exit(hubExitCodes.forced), STOP_MAX_MS).unref();
      hub.stop().then(
        () => resolve(code),
        (error: unknown) => {
          log.error({ err: error }, "The hub did not stop cleanly.");
          resolve(code === exitCodes.ok ? hubExitCodes.forced : code);
        },
      );
    };
    process.on("SIGTERM", () => end(exitCodes.ok));
    process.on("SIGINT", () => end(exitCodes.ok));
    hub.onFatal((sentence) => {
      log.error({}, sentence);
      end(hubExitCodes.disk);
    });
    for (const event of ["uncaughtException", "unhandledRejection"])
      process.on(event, (error: unknown) => {
        log.fatal({ err: error }, "The hub has a defect and stops.");
        end(hubExitCodes.uncaught);
      });
  });
}

function startFailure(error: unknown): number {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code === "store.locked") return hubExitCodes.locked;
  return code.startsWith("store.") ? hubExitCodes.configuration : exitCodes.hubFailed;
}

function announce(
  { httpPort, mqttPort, mqttsPort, setupUrl }: Ready,
  { json, host }: Settings,
  { out }: CommandWorld,
): void {
  if (json) {
    out(
      JSON.stringify({
        ready: true,
        http: { port: httpPort },
        mqtt: { port: mqttPort ?? null },
        mqtts: { port: mqttsPort ?? null },
        ...(setupUrl && { setupUrl }),
      }),
    );
    return;
  }
  out("");
  out(`Millrace is running: http://${host ?? "localhost"}:${httpPort}`);
  const tls = mqttsPort === undefined ? "" : `, with TLS to port ${mqttsPort}`;
  if (setupUrl === undefined) out(`Devices connect with MQTT to port ${mqttPort}${tls}.`);
  else {
    out("");
    out("Set it up in your browser; this link works once, for one hour:");
    out(`  ${setupUrl}`);
  }
  out("");
  out("Ctrl+C stops it.");
}
