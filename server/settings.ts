import { readAnonymous } from "./anonymousSettings.ts";
import { readLimits } from "./broker/limitText.ts";
import { gatherSettings, type Given } from "./givenSettings.ts";
import { checkAllowList } from "./outbox/outboundPolicy.ts";
import { logLevels } from "./settingSpecs.ts";
import type { Settings } from "./settingTypes.ts";
import { readList, readPort, readSwitch } from "./settingValues.ts";
import { readTls } from "./tlsSettings.ts";

export { limitLines, limitMarkdown } from "./broker/limitText.ts";
export { settingSpecs } from "./settingSpecs.ts";
export type { AnonymousPlace, Settings } from "./settingTypes.ts";
export { MQTTS_PORT_DEFAULT } from "./tlsSettings.ts";

/** Settings that cannot be used; every problem is a sentence. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads the settings: flags win over the environment, that over `settings.json` in the data folder, that over the
 * defaults. Throws a `SettingsError` with all problems at once.
 */
export function readSettings(args: readonly string[], environment: Given): Settings {
  const problems: string[] = [];
  const { data, given } = gatherSettings({ args, environment, problems });
  const source = { given, problems };
  const { limits, problems: limitProblems } = readLimits(given["limits"] ?? "");
  problems.push(...limitProblems);
  const settings: Settings = {
    data,
    host: given["host"],
    httpPort: readPort("httpPort", 8080, source),
    mqttPort: readPort("mqttPort", 1883, source),
    ...readTls(source),
    ...readAnonymous(source),
    adminPassword: given["adminPassword"],
    allow: readList(given["allow"]),
    allowLoopback: readList(given["allowLoopback"]),
    limits,
    logLevel: given["logLevel"] ?? "info",
    demo: readSwitch("demo", source),
    json: readSwitch("json", source),
  };
  for (const kind of ["allow", "allowLoopback"] as const)
    problems.push(...checkAllowList(settings[kind], kind).map(({ message }) => message));
  if (!logLevels.includes(settings.logLevel))
    problems.push(`The log level must be one of ${logLevels.join(", ")}, not "${settings.logLevel}".`);
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(settings);
}
