import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestAuthority } from "../../test/pki.ts";
import {
  createCertificates,
  type CertificateRow,
  type Certificates,
  type CertificatesParts,
} from "./certificates.ts";
import { readFingerprint } from "./fingerprint.ts";
import type { TlsMaterial } from "./serverPair.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 15, 12);

interface Bench {
  readonly certificates: Certificates;
  readonly rows: Map<string, CertificateRow>;
  readonly problems: (string | undefined)[];
  readonly expiries: (string | undefined)[];
  readonly materials: TlsMaterial[];
}

let folder: string;
let at = START;
/** What waits for the clock, in the order of its time. */
let waiting: { readonly dueAt: number; readonly run: () => void }[] = [];
const running: Certificates[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-certificates-"));
  at = START;
  waiting = [];
});
afterEach(() => {
  for (const each of running.splice(0)) each.stop();
  rmSync(folder, { recursive: true, force: true });
});

function schedule(run: () => void, delayMs: number): () => void {
  const entry = { dueAt: at + delayMs, run };
  waiting.push(entry);
  return () => (waiting = waiting.filter((one) => one !== entry));
}

/** Lets the clock go on; timers fire in their order. */
function pass(ms: number): void {
  const until = at + ms;
  for (;;) {
    const next = waiting.toSorted((a, b) => a.dueAt - b.dueAt)[0];
    if (next === undefined || next.dueAt > until) break;
    waiting = waiting.filter((one) => one !== next);
    at = Math.max(at, next.dueAt);
    next.run();
  }
  at = until;
}

/** The computer slept: what is due fires once, late. */
function sleep(days: number): void {
  at += days * DAY_MS;
  const due = waiting.filter(({ dueAt }) => dueAt <= at);
  waiting = waiting.filter(({ dueAt }) => dueAt > at);
  for (const { run } of due) run();
}

function bench(more: Partial<CertificatesParts> = {}, rows = new Map<string, CertificateRow>()): Bench {
  const [problems, expiries, materials]: [Bench["problems"], Bench["expiries"], TlsMaterial[]] = [[], [], []];
  const certificates = createCertificates({
    store: {
      all: () => [...rows.values()],
      put: async (changed) => {
        for (const row of changed) rows.set(row.fingerprint, row);
      },
      prune: async (before) => {
        for (const row of rows.values()) if (row.expiresAt < before) rows.delete(row.fingerprint);
      },
    },
    folder,
    given: {},
    names: [],
    isDevice: (id) => ["pump", "lamp"].includes(id),
    now: () => at,
    schedule,
    onProblem: (sentence) => void problems.push(sentence),
    onExpiry: (sentence) => void expiries.push(sentence),
    ...more,
  });
  certificates.onMaterial((material) => void materials.push(material));
  running.push(certificates);
  return { certificates, rows, problems, expiries, materials };
}

function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"]).status === 0;
}

const leafOf = (material: TlsMaterial | undefined) => new X509Certificate(material?.cert ?? "");
const path = (name: string) => join(folder, "tls", name);
const shown = (pem: string, names = ["pump"]) => {
  const { raw, fingerprint256, validTo } = new X509Certificate(pem);
  const fingerprint = readFingerprint(fingerprint256) ?? "";
  return { fingerprint, names, der: raw, expiresAt: Date.parse(validTo) };
};

describe("the hub's own authority", () => {
  test.skipIf(!hasOpenssl())(
    "makes certificates that OpenSSL accepts, strictly and for their purpose alone",
    async () => {
      const { certificates } = bench();
      certificates.start();
      const { certificate } = await certificates.issue("pump");
      writeFileSync(path("pump.crt"), certificate);
      const verify = (file: string, purpose: string) => {
        const options = [
          "-x509_strict",
          "-purpose",
          purpose,
          "-attime",
          String(at / 1_000),
          "-CAfile",
          path("ca.crt"),
        ];
        return execFileSync("openssl", ["verify", ...options, path(file)], { stdio: "pipe" }).toString();
      };
      expect(verify("hub.crt", "sslserver")).toContain("OK");
      expect(verify("pump.crt", "sslclient")).toContain("OK");
      expect(() => verify("hub.crt", "sslclient")).toThrow("openssl verify");
      expect(() => verify("pump.crt", "sslserver")).toThrow("openssl verify");
    },
  );

  test("stands for all names and addresses of this computer, and for those that were added", () => {
    const { certificates } = bench({ names: ["hub.example.org", "192.0.2.7", "2001:db8::7", "not a name"] });
    certificates.start();
    const leaf = leafOf(certificates.material());
    for (const name of ["localhost", "hub.example.org"]) expect(leaf.checkHost(name), name).toBe(name);
    for (const address of ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"])
      expect(leaf.checkIP(address), address).toBe(address);
    expect(leaf.subjectAltName).not.toContain("not a name");
    expect(leaf.checkIssued(new X509Certificate(certificates.trust()))).toBe(true);
  });

  test("lives ten years, stays the same, and keeps its keys to the owner", () => {
    const first = bench();
    first.certificates.start();
    const again = bench();
    again.certificates.start();
    expect(again.certificates.trust()).toBe(first.certificates.trust());
    expect(again.certificates.material()).toEqual(first.certificates.material());
    const { validTo } = new X509Certificate(first.certificates.trust());
    expect(Date.parse(validTo) - at).toBeGreaterThan(3_650 * DAY_MS);
    for (const name of ["ca.key", "hub.key"]) expect(statSync(path(name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "tls")).mode & 0o777).toBe(0o700);
  });

  test("is refused when others can read its key, and says what to do", () => {
    bench().certificates.start();
    chmodSync(path("ca.key"), 0o644);
    const { certificates, problems } = bench();
    certificates.start();
    expect(certificates.material()).toBeUndefined();
    expect(problems.at(-1)).toContain(`chmod 600 ${path("ca.key")}`);
  });

  test("is made only when it is wanted", () => {
    const { certificates } = bench();
    expect(certificates.exists()).toBe(false);
    expect(existsSync(path("ca.crt"))).toBe(false);
    certificates.start();
    expect(certificates.exists()).toBe(true);
  });

  test("renews the certificate of the hub 60 days before its end, and tells whoever serves it", () => {
    const { certificates, materials } = bench();
    certificates.start();
    const before = leafOf(certificates.material());
    sleep(300);
    expect(leafOf(certificates.material()).raw).toEqual(before.raw);
    sleep(10);
    const after = leafOf(certificates.material());
    expect(Date.parse(after.validTo) - at).toBeGreaterThan(350 * DAY_MS);
    expect(materials.map(({ cert }) => cert)).toEqual([before.toString(), after.toString()]);
  });

  test("replaces a certificate that a crash has cut short", () => {
    bench().certificates.start();
    writeFileSync(path("hub.crt"), readFileSync(path("hub.crt"), "utf8").slice(0, 200));
    const { certificates, problems } = bench();
    certificates.start();
    expect(leafOf(certificates.material()).checkHost("localhost")).toBe("localhost");
    expect(problems).toEqual([undefined]);
  });
});

describe("a certificate of a device", () => {
  test("opens the door as that device, until it is revoked", async () => {
    const { certificates, rows } = bench();
    const issued = await certificates.issue("pump");
    expect(issued.key).toContain("PRIVATE KEY");
    expect(JSON.stringify([...rows.values()])).not.toContain("PRIVATE");
    expect(new X509Certificate(issued.certificate).subject).toBe("CN=pump");
    expect(certificates.hasValid("pump")).toBe(true);
    expect(certificates.verdict(shown(issued.certificate))).toEqual({ device: "pump" });
    expect(await certificates.revoke("pump", issued.fingerprint)).toBe(1);
    expect(certificates.verdict(shown(issued.certificate))).toEqual({ refused: "certificate-revoked" });
    expect(certificates.hasValid("pump")).toBe(false);
    expect(await certificates.revoke("pump", issued.fingerprint)).toBe(0);
  });

  test("is known, and stays revoked, after a restart", async () => {
    const { certificates, rows } = bench();
    const [kept, ended] = [await certificates.issue("pump"), await certificates.issue("pump")];
    await certificates.revoke("pump", ended.fingerprint);
    const again = bench({}, rows).certificates;
    expect(again.verdict(shown(kept.certificate))).toEqual({ device: "pump" });
    expect(again.verdict(shown(ended.certificate))).toEqual({ refused: "certificate-revoked" });
    expect(again.of("pump")).toHaveLength(2);
  });

  test("opens nothing when its device is gone, it was never written down, or it has expired", async () => {
    const { certificates, rows } = bench();
    const gone = await certificates.issue("boiler");
    expect(certificates.verdict(shown(gone.certificate, ["boiler"]))).toEqual({
      refused: "certificate-of-no-device",
    });
    const pump = await certificates.issue("pump");
    rows.clear();
    const forgetful = bench({}, rows).certificates;
    expect(forgetful.verdict(shown(pump.certificate))).toEqual({ refused: "certificate-not-issued" });
    sleep(800);
    expect(certificates.verdict(shown(pump.certificate))).toEqual({ refused: "certificate-expired" });
    expect(certificates.hasValid("pump")).toBe(false);
    await certificates.issue("lamp");
    expect(certificates.of("pump")).toEqual([]);
  });

  test("of another authority opens the door by its name, until its fingerprint is revoked", async () => {
    const { certificates } = bench();
    certificates.start();
    const other = createTestAuthority("Plant CA");
    const pair = other.issue({ subject: "x", until: at + 400 * DAY_MS });
    const seen = shown(pair.cert, ["pump.plant.example", "lamp"]);
    expect(certificates.verdict(seen)).toEqual({ device: "lamp" });
    expect(certificates.verdict({ ...seen, names: ["stranger"] })).toBeUndefined();
    expect(await certificates.revoke("lamp", pair.fingerprint)).toBe(1);
    expect(certificates.verdict(seen)).toEqual({ refused: "certificate-revoked" });
  });

  test("an impostor's authority of the same name opens nothing", async () => {
    const { certificates } = bench();
    certificates.start();
    const subject = new X509Certificate(certificates.trust()).subject.replace("CN=", "");
    const pair = createTestAuthority(subject).issue({ subject: "pump", until: at + 400 * DAY_MS });
    // TLS has refused it already; where it did not, nothing says that we wrote it down.
    expect(certificates.verdict(shown(pair.cert))).not.toEqual({ refused: "certificate-revoked" });
    expect(new X509Certificate(pair.cert).checkIssued(new X509Certificate(certificates.trust()))).toBe(false);
  });
});

describe("a certificate that somebody else keeps", () => {
  const authority = createTestAuthority("Let us trust");
  const given = () => ({ cert: join(folder, "cert.pem"), key: join(folder, "key.pem") });
  const place = (days = 90) => {
    const pair = authority.issue({
      use: "server",
      names: ["hub.example"],
      from: START - DAY_MS,
      until: START + days * DAY_MS,
    });
    writeFileSync(given().cert, pair.cert + authority.ca);
    writeFileSync(given().key, pair.key);
    return pair;
  };

  test("is served, with the root that was given as what clients must trust", () => {
    place();
    const { certificates } = bench({ given: given() });
    certificates.start();
    expect(leafOf(certificates.material()).checkHost("hub.example")).toBe("hub.example");
    expect(certificates.material()?.ca).toEqual([]);
    expect(certificates.trust().trim()).toBe(authority.ca.trim());
  });

  test("needs nothing to be trusted when its root was not given, and accepts the clients of the authorities given", () => {
    const pair = place();
    writeFileSync(given().cert, pair.cert);
    const plant = createTestAuthority("Plant CA");
    writeFileSync(join(folder, "plant.pem"), plant.ca);
    const { certificates } = bench({ given: { ...given(), ca: join(folder, "plant.pem") } });
    certificates.start();
    expect(certificates.trust()).toBe("");
    expect(certificates.material()?.ca.map((pem) => pem.trim())).toEqual([plant.ca.trim()]);
  });

  test("is read anew when its files change, once both are in place", async () => {
    const first = place();
    const { certificates, materials, problems } = bench({ given: given() });
    certificates.start();
    const second = place();
    // The poll of the clock finds it also where the file system says nothing.
    pass(29_000);
    expect(certificates.material()?.key).toBe(first.key);
    pass(1_000);
    pass(1_000);
    expect(certificates.material()?.key).toBe(second.key);
    expect(materials).toHaveLength(2);
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test("is noticed at once by the file system, also when a link is turned", async () => {
    const pair = place();
    writeFileSync(join(folder, "old.pem"), pair.cert);
    rmSync(given().cert);
    symlinkSync("old.pem", given().cert);
    const { certificates } = bench({
      given: given(),
      debounceMs: 20,
      now: Date.now,
      schedule(run, delayMs) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    });
    certificates.start();
    const next = authority.issue({ use: "server", names: ["hub.example"] });
    writeFileSync(given().key, next.key);
    writeFileSync(join(folder, "new.pem"), next.cert);
    symlinkSync("new.pem", `${given().cert}.link`);
    renameSync(`${given().cert}.link`, given().cert);
    await expect.poll(() => certificates.material()?.key).toBe(next.key);
  });

  test("a bad pair keeps the old one in use and is told; a good one ends the complaint", () => {
    const first = place();
    const { certificates, problems, materials } = bench({ given: given() });
    certificates.start();
    const other = authority.issue({ use: "server" });
    const bad: readonly (readonly [cert: string, key: string, told: RegExp])[] = [
      [first.cert, other.key, /key\.pem does not belong to the certificate in .*cert\.pem/],
      ["", first.key, /cert\.pem holds no certificate in PEM format/],
      [
        first.cert,
        "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----",
        /key\.pem holds no private key/,
      ],
    ];
    for (const [cert, key, told] of bad) {
      writeFileSync(given().cert, cert);
      writeFileSync(given().key, key);
      pass(31_000);
      expect(problems.at(-1)).toMatch(told);
      expect(problems.at(-1)).toContain("The certificate before stays in use until this is put right.");
      expect(certificates.material()?.key).toBe(first.key);
    }
    rmSync(given().key);
    pass(31_000);
    expect(problems.at(-1)).toMatch(/key\.pem cannot be read \(ENOENT\)/);
    const second = place();
    pass(31_000);
    expect(problems.at(-1)).toBeUndefined();
    expect(certificates.material()?.key).toBe(second.key);
    expect(materials).toHaveLength(2);
  });

  test("that is bad from the start is served once it is put right", () => {
    const { certificates, problems, materials } = bench({ given: given() });
    certificates.start();
    expect(certificates.material()).toBeUndefined();
    expect(problems.at(-1)).toContain("Devices cannot connect with TLS until this is put right.");
    place();
    pass(31_000);
    expect(materials).toHaveLength(1);
  });

  test("warns 30, 14 and 3 days before it expires and when it has, once each, and is quiet after it was renewed", () => {
    place(90);
    const { certificates, expiries } = bench({ given: given() });
    certificates.start();
    sleep(59);
    expect(expiries).toEqual([]);
    const warned = [2, 15, 12, 4].map((days) => {
      sleep(days);
      return expiries.length;
    });
    expect(warned).toEqual([1, 2, 3, 4]);
    expect(expiries[0]).toMatch(/cert\.pem expires on 2026-04-15; put a new one in its place before\.$/);
    expect(expiries[3]).toContain("has expired on 2026-04-15");
    place(300);
    pass(31_000);
    expect(expiries.at(-1)).toBeUndefined();
    expect(expiries).toHaveLength(5);
  });
});

test.each([
  ["AB:".repeat(31) + "AB", "ab".repeat(32)],
  ["ab".repeat(32), "ab".repeat(32)],
  ["ab".repeat(31), undefined],
  ["zz".repeat(32), undefined],
])("the fingerprint %s is read as %s", (text, read) => {
  expect(readFingerprint(text)).toBe(read);
});
