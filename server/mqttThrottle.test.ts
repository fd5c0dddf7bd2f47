import { beforeEach, describe, expect, test } from "vitest";
import { createThrottle, throttleLimits } from "./auth/throttle.ts";
import { hashToken } from "./devices/deviceToken.ts";
import { createMqttAccess } from "./mqttAccess.ts";

describe("C7: log-ins of devices", () => {
  let clock = 0;
  let access = create();
  beforeEach(() => {
    clock = 1_000_000;
    access = create();
  });

  function create() {
    const device = { id: "pump", name: "Pump" };
    const pump = { device, tokenHash: hashToken("right"), rules: [] };
    return createMqttAccess({
      devices: {
        credentialOf: (user) => (user === "pump" ? pump : undefined),
        identityOf: (id) => (id === "pump" ? pump : undefined),
        ownerOf: () => undefined,
      },
      certificates: { hasValid: () => false, verdict: () => undefined },
      settings: { anonymous: [], anonymousTopics: [], tlsCa: undefined },
      attempt: createThrottle(() => clock).attempt,
    });
  }

  async function logIn(password: string, { username = "pump", address = "192.0.2.1" } = {}): Promise<string> {
    const credentials = {
      clientId: "c",
      username,
      password: Buffer.from(password),
      address,
      listener: "mqtt",
    } as const;
    const answer = await access.authenticate(credentials);
    return "refused" in answer ? answer.reason : "in";
  }

  async function wrong(count: number, from?: { username?: string; address?: string }): Promise<string[]> {
    const reasons: string[] = [];
    for (let index = 0; index < count; index++) reasons.push(await logIn("wrong", from));
    return reasons;
  }

  test("ten wrong ones in a minute are answered as wrong, the next ones as tried too often", async () => {
    const { attempts } = throttleLimits;
    expect(await wrong(attempts)).toEqual(Array.from({ length: attempts }, () => "wrong-password"));
    expect(await wrong(3)).toEqual(["tried-too-often", "tried-too-often", "tried-too-often"]);
  });

  test("each further one doubles the delay, up to five minutes", async () => {
    await wrong(throttleLimits.attempts);
    const delays: number[] = [];
    for (let round = 0; round < 8; round++) {
      const from = clock;
      while ((await logIn("wrong")) === "tried-too-often") clock += 1_000;
      delays.push((clock - from) / 1_000);
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test("an address that tries many names is slowed down as well", async () => {
    for (let index = 0; index < throttleLimits.attempts; index++)
      await wrong(1, { username: `name-${index}` });
    expect(await wrong(1, { username: "another" })).toEqual(["tried-too-often"]);
    expect(await wrong(1, { username: "another", address: "192.0.2.2" })).toEqual(["unknown-device"]);
  });

  test("the right token always gets in, however often others tried wrong ones", async () => {
    await wrong(50);
    expect(await logIn("right")).toBe("in");
    expect(await logIn("right", { address: "192.0.2.9" })).toBe("in");
  });
});
