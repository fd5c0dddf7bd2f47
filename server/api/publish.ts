import type { PublishRequest } from "./contract.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { anything, exactly, integer, optional, text, yesOrNo } from "./schema.ts";

/** Publishing by hand. */
export function publishRoutes({ broker }: Pick<ApiParts, "broker">): readonly Route[] {
  return [
    route<{ body: PublishRequest; answer: void }>({
      method: "POST",
      path: "/publish",
      scope: "devices:write",
      role: "operator",
      summary: "Publishes a message; a text goes out as it is, anything else as JSON.",
      body: exactly<PublishRequest>({
        topic: text(1_024, { minLength: 1 }),
        payload: anything,
        qos: optional({ ...integer, minimum: 0, maximum: 2 }),
        retain: optional(yesOrNo),
      }),
      handle: ({ body, who }) => broker.publish(body, who),
    }),
  ];
}
