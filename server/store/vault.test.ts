import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { KEY_FILE, openVault } from "./vault.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-vault-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unreadable: Error = expect.objectContaining({ code: "vault.unreadable" });

it("opens what it sealed, also after a restart, and never seals alike twice", () => {
  const vault = openVault(folder);
  for (const text of ["", "hunter2", "Grüße 🌊", "x".repeat(100_000)]) {
    const sealed = vault.seal(text, "channels/mail/secrets");
    expect(sealed).not.toContain("hunter2");
    expect(vault.seal(text, "channels/mail/secrets")).not.toBe(sealed);
    expect(openVault(folder).open(sealed, "channels/mail/secrets")).toBe(text);
  }
});

it("refuses a secret that was moved to another row, changed, cut or made up", () => {
  const vault = openVault(folder);
  const sealed = vault.seal("hunter2", "channels/mail/secrets");
  expect(() => vault.open(sealed, "channels/evil/secrets")).toThrow(unreadable);
  const flipped = sealed.at(-3) === "A" ? "B" : "A";
  expect(() =>
    vault.open(`${sealed.slice(0, -3)}${flipped}${sealed.slice(-2)}`, "channels/mail/secrets"),
  ).toThrow(unreadable);
  for (const text of ["", "v1", "v1.", "v1.AAAA", "v2.AAAA", sealed.slice(0, 20)])
    expect(() => vault.open(text, "channels/mail/secrets")).toThrow(unreadable);
});

it("refuses a secret sealed with another key", () => {
  const sealed = openVault(folder).seal("hunter2", "p");
  rmSync(join(folder, KEY_FILE));
  expect(() => openVault(folder).open(sealed, "p")).toThrow(unreadable);
});

it("keeps its key to the owner, and refuses a looser or shorter one by name", () => {
  openVault(folder);
  const path = join(folder, KEY_FILE);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path)).toHaveLength(32);
  chmodSync(path, 0o640);
  expect(() => openVault(folder)).toThrow(path);
  chmodSync(path, 0o600);
  writeFileSync(path, "short");
  expect(() => openVault(folder)).toThrow(unreadable);
});
