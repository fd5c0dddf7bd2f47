import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokerLimitSpecs, type LimitSpec } from "./broker/limits.ts";
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
      "--limit",
      "sendWindow=0,speed=9",
      "--limit=packetBytes=2 miles",
    ];
    const problems = problemsOf([...args, "--mqtt-port"]);
    for (const part of [
      "70000",
      "--colour",
      "maybe",
      "loud",
      "10.0.0.0/99",
      "--mqtt-port",
      '"0"',
      '"speed"',
      "2 miles",
    ])
      expect(problems.filter((sentence) => sentence.includes(part))).toHaveLength(1);
  });

  test("take limits from flags, the environment and the file together, with units", () => {
    const place = mkdtempSync(join(folder, "limits-"));
    const stored = { sendWindow: 10, queueMessages: 20, topicLevels: 8 };
    writeFileSync(join(place, "settings.json"), JSON.stringify({ limits: stored }));
    const args = ["--limit", "sendWindow=30", `--data=${place}`, "--limit=drainMs=7s,idleMs=2h"];
    const { limits } = readSettings(args, { MILLRACE_LIMITS: "sendWindow=11, queueMessages=21" });
    expect(limits).toEqual({
      sendWindow: 30,
      queueMessages: 21,
      topicLevels: 8,
      drainMs: 7_000,
      idleMs: 7_200_000,
    });
    writeFileSync(join(place, "settings.json"), `{"limits": "packetBytes=2MiB"}`);
    expect(readSettings([`--data=${place}`], {}).limits).toEqual({ packetBytes: 2 * 1_024 * 1_024 });
  });

  test("name the limit that cannot be used, its value, and what is allowed", () => {
    expect(problemsOf(["--limit", "sendWindow=0"])).toEqual([
      'The limit sendWindow must be 1 to 10,000, not "0".',
    ]);
    expect(problemsOf(["--limit", "connectMs"])).toEqual([
      'The limit connectMs must be 10 ms to 24 d, not "".',
    ]);
  });

  const specs = Object.entries<LimitSpec>(brokerLimitSpecs);
  test.each(specs)("B30: the limit %s can be set as far as its range goes, and not beyond", (name, spec) => {
    const [allowed, refused] =
      spec.unit === "choice"
        ? [spec.choices, ["other"]]
        : [
            [spec.min, spec.max],
            [spec.min - 1, spec.max + 1],
          ];
    for (const value of allowed) expect(problemsOf(["--limit", `${name}=${value}`])).toEqual([]);
    for (const value of refused) expect(problemsOf(["--limit", `${name}=${value}`])).toHaveLength(1);
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
