import type {
  DeviceChange,
  DeviceCredentials,
  DeviceSummary,
  Knock,
  NewDeviceRequest,
  Page,
} from "./contract.ts";
import { found, idParams, unknown, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts, DevicesPart } from "./parts.ts";
import { API_BASE, route, type Route } from "./route.ts";
import { exactly, integer, oneOf, optional, text } from "./schema.ts";
import { deviceCredentials, deviceSummary, knock } from "./schemas/device.ts";

/** Longer than this, nobody waits for a device. */
const GRACE_MAX_MS = 86_400_000;

const name = text(80, { minLength: 1 });
const area = text(80);
const preset = text(32, {
  minLength: 1,
  description: "Which topics it may use: own, any, zigbee2mqtt, tasmota, esphome, homie or monitor.",
});

/** Devices, their credentials, and who knocked in vain. */
export function deviceRoutes({ devices }: Pick<ApiParts, "devices">): readonly Route[] {
  return [...listRoutes(devices), ...oneRoutes(devices)];
}

function listRoutes(devices: DevicesPart): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<DeviceSummary> }>({
      method: "GET",
      path: "/devices",
      scope: "devices:read",
      summary: "Lists the devices with their presence and its reason.",
      query: listQuery(),
      answer: pageSchema(deviceSummary.ref),
      handle: ({ query }) => pageOf(devices.list(), ({ id }) => id, query),
    }),
    route<{ body: NewDeviceRequest; answer: DeviceCredentials }>({
      method: "POST",
      path: "/devices",
      scope: "devices:write",
      role: "admin",
      summary: "Makes a device and its credential; the password is shown this once.",
      body: exactly<NewDeviceRequest>({
        name,
        id: optional(text(128, { minLength: 1 })),
        area: optional(area),
        preset: optional(preset),
      }),
      status: 201,
      answer: deviceCredentials.ref,
      handle: async ({ body, who, reply }) => {
        const credentials = await devices.add(body, who);
        reply.header("location", `${API_BASE}/devices/${encodeURIComponent(credentials.id)}`);
        return credentials;
      },
    }),
    route<{ query: ListQuery; answer: Page<Knock> }>({
      method: "GET",
      path: "/devices/knocks",
      scope: "devices:read",
      role: "operator",
      summary: "Lists the clients that tried to connect and were refused.",
      query: listQuery(),
      answer: pageSchema(knock.ref),
      handle: ({ query }) => pageOf(devices.knocks(), keyOfKnock, query),
    }),
  ];
}

function oneRoutes(devices: DevicesPart): readonly Route[] {
  return [
    route<{ params: IdParams; answer: DeviceSummary }>({
      method: "GET",
      path: "/devices/:id",
      scope: "devices:read",
      summary: "Gives a device with its presence and its reason.",
      params: idParams,
      answer: deviceSummary.ref,
      handle: ({ params: { id } }) => found(devices.get(id), "device.unknown", "device", id),
    }),
    route<{ params: IdParams; body: DeviceChange; answer: DeviceSummary }>({
      method: "PATCH",
      path: "/devices/:id",
      scope: "devices:write",
      role: "admin",
      summary: "Changes the name, the area or the topics of a device; what is left out stays.",
      params: idParams,
      body: exactly<DeviceChange>({
        name: optional(name),
        area: optional(area),
        preset: optional(preset),
        onClean: optional(oneOf("grace", "offline", "sleeping", "auto")),
        graceMs: optional({ ...integer, minimum: 0, maximum: GRACE_MAX_MS }),
      }),
      answer: deviceSummary.ref,
      handle: ({ params: { id }, body, who }) => devices.change(id, body, who),
    }),
    route<{ params: IdParams; answer: void }>({
      method: "DELETE",
      path: "/devices/:id",
      scope: "devices:write",
      role: "admin",
      summary: "Forgets a device and its credential, and closes its connection.",
      params: idParams,
      handle: async ({ params: { id }, who }) => {
        if (!(await devices.remove(id, who))) throw unknown("device.unknown", "device", id);
      },
    }),
    route<{ params: IdParams; body: object | undefined; answer: DeviceCredentials }>({
      method: "POST",
      path: "/devices/:id/credentials",
      scope: "devices:write",
      role: "admin",
      summary: "Makes a new credential for a device; the old one ends, the password is shown this once.",
      params: idParams,
      body: exactly<object>({}),
      isBodyOptional: true,
      status: 201,
      answer: deviceCredentials.ref,
      handle: ({ params: { id }, who }) => devices.renewCredentials(id, who),
    }),
  ];
}

/** Newest first, and each one alone. */
function keyOfKnock({ lastAt, clientId, username, address }: Knock): string {
  return [Number.MAX_SAFE_INTEGER - lastAt, clientId, username, address].join("\u0000");
}
