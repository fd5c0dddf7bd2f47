import type { SetupAnswer, SetupRequest } from "./contract.ts";
import { giveSession } from "./cookies.ts";
import type { ApiParts } from "./parts.ts";
import { openRoute, type Route } from "./route.ts";
import { exactly, objectOf, optional, text, yesOrNo } from "./schema.ts";
import { meProperties } from "./schemas/access.ts";
import { deviceCredentials } from "./schemas/device.ts";

/** The first run: whoever holds the one-time token becomes the administrator. */
export function setupRoutes({ setup }: Pick<ApiParts, "setup">, now: () => number): readonly Route[] {
  return [
    openRoute<{ body: SetupRequest; answer: SetupAnswer }>({
      method: "POST",
      path: "/setup",
      scope: "setup",
      summary: "Sets the hub up, once: makes the administrator and signs them in.",
      body: exactly<SetupRequest>({
        token: text(200, { minLength: 1, description: "From the set-up link; valid once, for an hour." }),
        hubName: text(80, { minLength: 1 }),
        userName: text(64, { minLength: 1 }),
        password: text(200, { minLength: 1 }),
        zone: text(64, { minLength: 1, description: "IANA time zone, such as Europe/Berlin." }),
        openToNetwork: yesOrNo,
        deviceName: optional(text(80, { minLength: 1 })),
      }),
      status: 201,
      answer: objectOf<SetupAnswer>({ ...meProperties, device: optional(deviceCredentials.ref) }),
      handle: async ({ body, address, request, reply }) => {
        const { answer, session } = await setup.setUp(body, address);
        giveSession({ request, reply }, session, now());
        return answer;
      },
    }),
  ];
}
