import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SettingsError, readSettings } from "./settings.ts";

describe("settings", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-settings-"));
    writeFileSync(
      join(folder, "settings.json"),
      `{"httpPort": 81, "mqttPort": 82, "logLevel": "warn", "demo": true}`,
    );
    writeFileSync(join(folder, "password"), "from a file\n");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("have defaults that keep the hub to this computer", () => {
    expect(readSettings(["--data", join(folder, "none")], {})).toMatchObject({
      host: undefined,
      httpPort: 8080,
      mqttPort: 1883,
      mqttsPort: undefined,
      clientCertificates: "optional",
      anonymous: [],
      anonymousTopics: ["anonymous/#"],
      allow: [],
      logLevel: "info",
      demo: false,
    });
  });

  test("come from flags, then the environment, then the file", () => {
    const settings = readSettings(["--http-port=1", `--data=${folder}`], {
      MILLRACE_HTTP_PORT: "2",
      MILLRACE_MQTT_PORT: "3",
    });
    expect(settings).toMatchObject({ httpPort: 1, mqttPort: 3, logLevel: "warn", demo: true });
  });

  test("tell where TLS and clients without a credential are wanted", () => {
    const args = ["--mqtts-port=off", "--anonymous=websocket, loopback", "--anonymous-topics=a/#,b/+"];
    expect(readSettings([...args, `--data=${join(folder, "none")}`], {})).toMatchObject({
      mqttsPort: "off",
      anonymous: ["loopback", "websocket"],
      anonymousTopics: ["a/#", "b/+"],
    });
    const wrong = {
      "--mqtts-port=never": "never",
      "--client-certificates=maybe": "maybe",
      "--anonymous=everywhere": "everywhere",
      "--anonymous-topics=a/#/b": "a/#/b",
      "--tls-key=key.pem": "key.pem",
    };
    const problems = problemsOf(Object.keys(wrong));
    for (const part of Object.values(wrong))
      expect(problems.filter((sentence) => sentence.includes(`"${part}"`))).toHaveLength(1);
  });

  test("take the administrator's password from a file", () => {
    const environment = {
      MILLRACE_DATA: join(folder, "none"),
      MILLRACE_ADMIN_PASSWORD_FILE: join(folder, "password"),
    };
    expect(readSettings([], environment).adminPassword).toBe("from a file");
  });

  test("tell every mistake at once, each in a sentence with the value", () => {
    const args = [
      "--http-port",
      "70000",
      "--colour",
      "--demo=maybe",
      "--log-level",
      "loud",
      "--allow",
      "10.0.0.0/99",
    ];
    const problems = problemsOf([...args, "--mqtt-port"]);
    for (const part of ["70000", "--colour", "maybe", "loud", "10.0.0.0/99", "--mqtt-port"])
      expect(problems.filter((sentence) => sentence.includes(part))).toHaveLength(1);
  });

  function problemsOf(args: readonly string[]): readonly string[] {
    try {
      readSettings([...args, `--data=${join(folder, "none")}`], {});
      return [];
    } catch (error) {
      return error instanceof SettingsError ? error.problems : [String(error)];
    }
  }
});
