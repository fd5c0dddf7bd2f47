import type { DemoParts } from "./demo/demo.ts";
import type { Devices } from "./devices/devices.ts";
import type { HubParts, HubWorld } from "./hubParts.ts";

/** Soon enough to be seen by somebody who tries the demo. */
const GRACE_MS = 5_000;

/** What the demo may do to the hub. */
export function createDemoHost(
  { devices, catalog }: Pick<HubParts, "devices" | "catalog">,
  { now, log, mqttPort }: Pick<HubWorld, "now" | "log"> & { readonly mqttPort: () => number },
): DemoParts {
  return {
    async credentialsFor({ name, area }) {
      const known = devices.list().find((device) => device.simulated && device.name === name);
      const { id } = known ?? (await addSimulated(devices, name, area));
      // A new token at each start, so that none has to be kept.
      const issued = await devices.issueCredential(id);
      if (issued === undefined) throw new Error(`The simulated device "${name}" was removed.`);
      return { id, ...issued };
    },
    async addFlow(flow) {
      if (catalog.get(flow.id) !== undefined) return;
      const by = { user: { name: "demo" } };
      await catalog.create({ document: flow }, by);
      await catalog.deploy({ id: flow.id, comment: "Demo", by });
    },
    mqttPort,
    now,
    random: Math.random,
    log,
  };
}

async function addSimulated(devices: Devices, name: string, area: string): Promise<{ readonly id: string }> {
  const answer = await devices.add({ name, area, preset: "any", simulated: true, graceMs: GRACE_MS });
  if (!answer.ok) throw new Error(answer.problems.map(({ message }) => message).join(" "));
  return answer.device;
}
