import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { hasAuthority, openAuthority, type Authority } from "./authority.ts";
import { expirySentence, expiryStage, type ExpiryStage } from "./expiry.ts";
import { hostNames } from "./hostNames.ts";
import { readPair, splitPem, type Pair, type PairFiles } from "./keyPair.ts";
import { ownPair } from "./ownPair.ts";
import { watchFiles } from "./watchFiles.ts";

/** What a TLS listener serves, and whose client certificates it takes. PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates; empty: none are asked for. */
  readonly ca: readonly string[];
}

/** Files that somebody else keeps; without `cert` the hub makes its own certificate. */
export interface GivenFiles {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

/** The certificate of the hub, kept fresh. */
export interface ServerPair {
  /** `undefined`: none can be served; the report says why. */
  current(): TlsMaterial | undefined;
  /** What a client must trust, as PEM; empty when the system's own authorities vouch for the certificate. */
  trust(): string;
  authority(): Authority;
  start(): void;
  stop(): void;
  /** Reads everything anew, such as after the first authority was made. */
  refresh(): void;
}

/** What the server certificate needs. */
export interface ServerPairParts {
  /** Where the hub keeps its own authority. */
  readonly folder: string;
  readonly given: GivenFiles;
  /** Names beside those that the computer knows of itself. */
  readonly names: readonly string[];
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** The certificate cannot be used, in a sentence; `undefined`: all is well. */
  readonly onProblem: (sentence: string | undefined) => void;
  /** It ends soon; told at each stage. */
  readonly onExpiry: (sentence: string | undefined, stage: ExpiryStage) => void;
  readonly onChange: (material: TlsMaterial) => void;
  readonly debounceMs?: number;
}

/** Names change with the network, and the calendar goes on. */
const CHECK_MS = 3_600_000;
const CHAIN_MAX = 10;

/** The certificate of the hub: that of the given files, or one of the hub's own authority. */
export function createServerPair(parts: ServerPairParts): ServerPair {
  const { folder, given, names, now, schedule } = parts;
  let authority: Authority | undefined;
  let material: TlsMaterial | undefined;
  let pair: Pair | undefined;
  let stage: ExpiryStage = "far";
  let stops: (() => void)[] = [];
  let cancelCheck = () => {};
  const files = filesOf(given);

  function openOwn(): Authority {
    return (authority ??= openAuthority(folder, now()));
  }

  function load(): Pair {
    if (files !== undefined) return readPair(files);
    const own = ownPair(folder, openOwn(), { names: hostNames(names), at: now() });
    return given.ca === undefined
      ? own
      : { ...own, ca: readPair({ ...ownFiles(folder), caFile: given.ca }).ca };
  }

  function refresh(): void {
    try {
      const next = load();
      const ours = authority !== undefined || hasAuthority(folder) ? [openOwn().certificate] : [];
      const loaded = { cert: next.cert, key: next.key, ca: [...ours, ...splitPem(next.ca ?? "")] };
      pair = next;
      parts.onProblem(undefined);
      tellExpiry();
      if (JSON.stringify(loaded) === JSON.stringify(material)) return;
      material = loaded;
      parts.onChange(loaded);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const kept =
        material === undefined ? "Devices cannot connect with TLS" : "The certificate before stays in use";
      parts.onProblem(`${reason} ${kept} until this is put right.`);
    }
  }

  /** Its own certificates are renewed in time; only its authority and files of others can run out. */
  function tellExpiry(): void {
    const [what, expiresAt] =
      files === undefined
        ? ["The certificate authority of this hub", openOwn().expiresAt]
        : [`The certificate in ${files.certFile}`, Date.parse(pair?.leaf.validTo ?? "")];
    const next = expiryStage(expiresAt, now());
    if (next === stage) return;
    stage = next;
    parts.onExpiry(expirySentence(what, expiresAt, now()), next);
  }

  function check(): void {
    refresh();
    cancelCheck = schedule(check, CHECK_MS);
  }

  return {
    current: () => material,
    trust: () => (files === undefined ? openOwn().certificate : trustOf(pair)),
    authority: openOwn,
    refresh,
    start() {
      check();
      const watched = [given.cert, given.key, given.ca].filter((path) => path !== undefined);
      if (watched.length === 0) return;
      const { debounceMs } = parts;
      stops = [
        watchFiles(watched, { onChange: refresh, schedule, ...(debounceMs !== undefined && { debounceMs }) }),
      ];
    },
    stop() {
      cancelCheck();
      for (const stop of stops.splice(0)) stop();
    },
  };
}

function filesOf({ cert, key, ca }: GivenFiles): PairFiles | undefined {
  // A certificate and its key may be in one file.
  return cert === undefined ? undefined : { certFile: cert, keyFile: key ?? cert, caFile: ca };
}

function ownFiles(folder: string): PairFiles {
  return { certFile: join(folder, "hub.crt"), keyFile: join(folder, "hub.key") };
}

/** The root of the chain, where it was given; the system knows the roots that everybody trusts. */
function trustOf(pair: Pair | undefined): string {
  if (pair === undefined) return "";
  const known = [...splitPem(pair.cert), ...splitPem(pair.ca ?? "")].map((pem) => new X509Certificate(pem));
  let top: X509Certificate | undefined = pair.leaf;
  for (let steps = 0; steps < CHAIN_MAX && top !== undefined; steps++) {
    const current: X509Certificate = top;
    if (current.checkIssued(current)) return current.toString();
    top = known.find((one) => current.checkIssued(one));
  }
  return "";
}
