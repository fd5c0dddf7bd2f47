import type { Problem } from "#flows/problem.ts";
import { openDeviceDesk, type DeviceDesk } from "../deviceDesk.ts";
import { type Settings, SettingsError, readSettings } from "../settings.ts";
import { type Command, type CommandWorld, exitCodes } from "./command.ts";
import { type DeviceArguments, readDeviceArguments } from "./deviceArguments.ts";
import { type CertificateFiles, claimFiles } from "./certificateFiles.ts";
import { certificateHelp, passwordHelp } from "./connectHelp.ts";

/** `millrace device`: devices and what they log in with, while the hub runs and while it does not. */
export const device: Command = {
  name: "device",
  usage: `device <what> [options]

  add <id> [--name <text>] [--area <text>] [--preset <preset>]
                             makes a device and shows its password once
  add <id> --cert [--out <folder>]
                             makes a device that logs in with a certificate: <id>.key, <id>.crt, ca.crt
  list                       lists the devices
  renew <id>                 makes a new password; the old one ends
  renew <id> --cert [--out <folder>]
                             makes another certificate; the old one stays valid until it expires or is revoked
  revoke <id>                ends everything the device can log in with, at once
  revoke <id> --fingerprint <SHA-256>
                             ends one certificate
  remove <id>                forgets the device

  --data <folder>            folder of the hub (./data)
  --json                     answers in JSON`,
  summary: "adds, lists, renews, revokes and removes devices",
  async run(args, world) {
    const wanted = readDeviceArguments(args);
    if (typeof wanted === "string") {
      world.err(wanted);
      world.err("millrace device --help tells more.");
      return exitCodes.usedWrongly;
    }
    let settings: Settings;
    try {
      settings = readSettings(wanted.settings, world.environment);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      for (const problem of error.problems) world.err(problem);
      return exitCodes.usedWrongly;
    }
    return carryOut(wanted, settings, world);
  },
};

interface Refusal {
  readonly code: string;
  readonly problems: readonly Problem[];
}

/** What a command has done: for programs, and for people. */
interface Done {
  readonly json: unknown;
  readonly lines: readonly string[];
}

async function carryOut(wanted: DeviceArguments, settings: Settings, world: CommandWorld): Promise<number> {
  let desk: DeviceDesk | undefined;
  try {
    desk = await openDeviceDesk(settings);
    const { json, lines } = await act(wanted, desk);
    if (wanted.isJson) world.out(JSON.stringify(json));
    else for (const line of lines) world.out(line);
    return exitCodes.ok;
  } catch (error) {
    const { message, code = "", problems = [] } = error as Partial<Refusal> & Error;
    if (wanted.isJson) world.out(JSON.stringify({ error: { code, message, problems } }));
    else for (const line of [message, ...problems.map((problem) => `  ${problem.message}`)]) world.err(line);
    return /^(hub|store|vault)\./.test(code) || code === "" ? exitCodes.hubFailed : exitCodes.foundProblems;
  } finally {
    await desk?.close();
  }
}

function act(wanted: DeviceArguments, desk: DeviceDesk): Promise<Done> {
  switch (wanted.action) {
    case "add":
      return add(wanted, desk);
    case "list":
      return list(desk);
    case "remove":
      return remove(wanted, desk);
    case "renew":
      return renew(wanted, desk);
    case "revoke":
      return revoke(wanted, desk);
  }
}

async function add(wanted: DeviceArguments, desk: DeviceDesk): Promise<Done> {
  const { id, name = id, area, preset } = wanted;
  const files = wanted.wantsCertificate ? claimFiles(wanted) : undefined;
  const request = { id, name, ...(area !== undefined && { area }), ...(preset !== undefined && { preset }) };
  const credentials = await desk.add(request);
  if (files === undefined) return { json: credentials, lines: passwordHelp(credentials) };
  // The password that came with the device was shown to nobody, and ends.
  return certify({ desk, id, files, only: true });
}

async function renew(wanted: DeviceArguments, desk: DeviceDesk): Promise<Done> {
  const { id } = wanted;
  if (wanted.wantsCertificate) return certify({ desk, id, files: claimFiles(wanted), only: false });
  const credentials = await desk.renew(id);
  return { json: credentials, lines: passwordHelp(credentials) };
}

async function certify({
  desk,
  id,
  files,
  only,
}: {
  readonly desk: DeviceDesk;
  readonly id: string;
  readonly files: CertificateFiles;
  readonly only: boolean;
}): Promise<Done> {
  const earlier = only ? [] : (await desk.certificates(id)).filter(({ revokedAt }) => revokedAt === null);
  const { key, certificate, ca, ...shown } = await desk.certify(id, only);
  const written = files.write({ key, certificate, ca });
  const endings = earlier.map(
    ({ fingerprint }) => `  millrace device revoke ${id} --fingerprint ${fingerprint}`,
  );
  return {
    json: { ...shown, files: written },
    lines: [
      ...certificateHelp({ ...shown, files: written }),
      ...(endings.length === 0
        ? []
        : ["", "Earlier certificates stay valid until they are revoked:", ...endings]),
    ],
  };
}

async function list(desk: DeviceDesk): Promise<Done> {
  const devices = await desk.list();
  const width = Math.max(0, ...devices.map(({ id }) => id.length));
  const lines = devices.map(({ id, name, state, hasCredential, discovered }) => {
    const credential = hasCredential ? "" : discovered ? "found by its topics" : "cannot log in";
    return [id.padEnd(width), state.padEnd(15), name, credential].join("  ").trimEnd();
  });
  return { json: devices, lines: lines.length === 0 ? ["There are no devices."] : lines };
}

async function remove({ id }: DeviceArguments, desk: DeviceDesk): Promise<Done> {
  await desk.remove(id);
  return { json: { id, removed: true }, lines: [`${id} is forgotten, and its connection closed.`] };
}

async function revoke({ id, fingerprint }: DeviceArguments, desk: DeviceDesk): Promise<Done> {
  const { certificates, token } = await desk.revoke(id, fingerprint);
  const ended = [
    ...(token ? ["its password"] : []),
    `${certificates} certificate${certificates === 1 ? "" : "s"}`,
  ];
  return { json: { id, certificates, token }, lines: [`Ended for ${id}: ${ended.join(" and ")}.`] };
}
