import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { crowdEnvironment } from "../crash/crowdEnvironment.ts";
import { connectDevices } from "../crash/devices.ts";
import { type Introduction, openWire, subscribeOn } from "../crash/wire.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  eventually,
  metric,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";

/** A credential for each would take longer than the storm. */
const CREDENTIALS = 50;
const STORM_MAX_MS = 2_000;
/** What a machine that is busy with other things adds. */
const PATIENCE_MS = 10_000;
type Identity = Pick<Introduction, "username" | "password">;

describe("G11: a storm of Last Wills", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let identity: Identity;
  const identities: Identity[] = [];

  beforeAll(async () => {
    hub = await startHub({ environment: crowdEnvironment });
    api = await signIn(hub);
    identity = await addDevice(api, "Witness");
    for (let index = 0; index < CREDENTIALS; index++) identities.push(await addDevice(api, `Storm ${index}`));
  });
  afterAll(async () => {
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
  });

  test.for([
    [2_000, 0],
    // The queue of a client holds 1,000 messages, and all of them come at once.
    [1_000, 1],
  ] as const)(
    "of %i devices that vanish at once delivers each will once, at QoS %i",
    { retry: 1 },
    async ([count, qos]) => {
      const port = hub.mqttPort;
      const got: number[] = [];
      const witness = await openWire({ ...identity, port, clientId: "witness" }, (packet) => {
        if (packet.cmd !== "publish") return;
        got.push(Number(packet.payload.toString()));
        if (packet.qos === 1) witness.send({ cmd: "puback", messageId: packet.messageId ?? 0 });
      });
      await subscribeOn(witness, "gone/#", qos);
      const wills = await metric(api, "millrace_broker_wills_total");
      const devices = await connectDevices({ port, identities, count, qos });
      onTestFinished(devices.vanish);
      await devices.vanish();
      const vanishedAt = performance.now();
      await eventually(
        async () => new Set(got).size,
        (there) => there === count,
        PATIENCE_MS,
      );
      const stormMs = performance.now() - vanishedAt;
      console.log(`${count} wills of QoS ${qos} in ${Math.round(stormMs)} ms`);
      expect(got).toHaveLength(count);
      expect(await metric(api, "millrace_broker_wills_total")).toBe(wills + count);
      expect(stormMs).toBeLessThan(STORM_MAX_MS);
      witness.socket.destroy();
    },
  );
});
