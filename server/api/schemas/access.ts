import type { Health, HubInfo, Me, TokenSummary, UserSummary } from "../contract.ts";
import { roles, scopes } from "../scopes.ts";
import {
  anyText,
  component,
  integer,
  listOf,
  objectOf,
  oneOf,
  optional,
  orNull,
  timestamp,
  yesOrNo,
} from "../schema.ts";

export const role = oneOf(...roles);
export const scope = oneOf(...scopes);

const hubInfo = component(
  "HubInfo",
  objectOf<HubInfo>({
    name: anyText,
    version: anyText,
    zone: { type: "string", description: "IANA time zone." },
    mqtt: objectOf<HubInfo["mqtt"]>({
      host: anyText,
      port: orNull(integer),
      tlsPort: orNull(integer),
      open: yesOrNo,
    }),
    demo: yesOrNo,
  }),
);

export const meProperties = {
  setUp: yesOrNo,
  user: optional(objectOf<NonNullable<Me["user"]>>({ id: anyText, name: anyText, role })),
  hub: hubInfo.ref,
} as const;

export const me = component("Me", objectOf<Me>(meProperties));

export const userSummary = component(
  "UserSummary",
  objectOf<UserSummary>({ id: anyText, name: anyText, role, createdAt: timestamp }),
);

export const tokenProperties = {
  id: anyText,
  name: anyText,
  prefix: { type: "string", description: "How the token begins." },
  scopes: listOf(anyText),
  createdAt: timestamp,
  expiresAt: timestamp,
  lastUsedAt: orNull(timestamp),
} as const;

export const tokenSummary = component("TokenSummary", objectOf<TokenSummary>(tokenProperties));

export const health = component(
  "Health",
  objectOf<Health>({
    state: oneOf("ok", "degraded", "failed", "starting", "stopping"),
    reasons: listOf({ type: "string", description: "One sentence for each thing that is wrong." }),
    warnings: optional(
      listOf({ type: "string", description: "What works, and should be known or changed all the same." }),
    ),
  }),
);

export const accessComponents = [hubInfo, me, userSummary, tokenSummary, health] as const;
