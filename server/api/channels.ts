import type { ChannelKind, ChannelRequest, ChannelSummary, ChannelTestAnswer, Page } from "./contract.ts";
import { idParams, unknown, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts, ChannelsPart } from "./parts.ts";
import { API_BASE, route, type Route } from "./route.ts";
import { anyObject, anyText, exactly, objectOf, optional, text, yesOrNo } from "./schema.ts";
import { channelKind, channelSummary } from "./schemas/delivery.ts";

const channelBody = exactly<ChannelRequest>({
  id: optional(text(64, { minLength: 1 })),
  kind: text(32, { minLength: 1 }),
  name: text(80, { minLength: 1 }),
  config: { ...anyObject, description: 'Settings of the kind; `{ "set": true }` keeps a secret as it is.' },
});

/** Ways to tell people. */
export function channelRoutes({ channels }: Pick<ApiParts, "channels">): readonly Route[] {
  return [...readRoutes(channels), ...writeRoutes(channels)];
}

function readRoutes(channels: ChannelsPart): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<ChannelSummary> }>({
      method: "GET",
      path: "/channels",
      scope: "channels:read",
      role: "editor",
      summary: "Lists the channels; secrets show only that they are set.",
      query: listQuery(),
      answer: pageSchema(channelSummary.ref),
      handle: ({ query }) => pageOf(channels.list(), ({ id }) => id, query),
    }),
    route<{ query: ListQuery; answer: Page<ChannelKind> }>({
      method: "GET",
      path: "/channels/kinds",
      scope: "channels:read",
      summary: "Lists the kinds of channels and their settings.",
      query: listQuery(),
      answer: pageSchema(channelKind.ref),
      handle: ({ query }) => pageOf(channels.kinds(), ({ kind }) => kind, query),
    }),
  ];
}

function writeRoutes(channels: ChannelsPart): readonly Route[] {
  return [
    route<{ body: ChannelRequest; answer: ChannelSummary }>({
      method: "POST",
      path: "/channels",
      scope: "channels:write",
      role: "admin",
      summary: "Makes a channel.",
      body: channelBody,
      status: 201,
      answer: channelSummary.ref,
      handle: async ({ body, who, reply }) => {
        const channel = await channels.add(body, who);
        reply.header("location", `${API_BASE}/channels/${encodeURIComponent(channel.id)}`);
        return channel;
      },
    }),
    route<{ params: IdParams; body: ChannelRequest; answer: ChannelSummary }>({
      method: "PUT",
      path: "/channels/:id",
      scope: "channels:write",
      role: "admin",
      summary: "Changes a channel.",
      params: idParams,
      body: channelBody,
      answer: channelSummary.ref,
      handle: ({ params: { id }, body, who }) => channels.change(id, body, who),
    }),
    route<{ params: IdParams; answer: void }>({
      method: "DELETE",
      path: "/channels/:id",
      scope: "channels:write",
      role: "admin",
      summary: "Removes a channel; what waits for it becomes dead letters.",
      params: idParams,
      handle: async ({ params: { id }, who }) => {
        if (!(await channels.remove(id, who))) throw unknown("channel.unknown", "channel", id);
      },
    }),
    route<{ params: IdParams; body: object | undefined; answer: ChannelTestAnswer }>({
      method: "POST",
      path: "/channels/:id/test",
      scope: "channels:write",
      summary: "Sends a test notification and tells how it went.",
      params: idParams,
      body: exactly<object>({}),
      isBodyOptional: true,
      answer: objectOf<ChannelTestAnswer>({ ok: yesOrNo, error: optional(anyText) }),
      handle: ({ params: { id }, who }) => channels.test(id, who),
    }),
  ];
}
