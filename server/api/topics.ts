import type { Page, TopicMessage, TopicSummary } from "./contract.ts";
import { pageLimits } from "./limits.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { exactly, integer, optional, text } from "./schema.ts";
import { topicMessage, topicSummary } from "./schemas/device.ts";

interface TopicQuery extends ListQuery {
  readonly search?: string;
}

interface MessageQuery {
  readonly filter: string;
  readonly limit?: number;
}

/** What is being published. */
export function topicRoutes({ topics }: Pick<ApiParts, "topics">): readonly Route[] {
  return [
    route<{ query: TopicQuery; answer: Page<TopicSummary> }>({
      method: "GET",
      path: "/topics",
      scope: "devices:read",
      summary: "Lists the topics that were published to, with their rate and last value.",
      query: listQuery({ search: optional(text(200, { description: "Part of a topic." })) }),
      answer: pageSchema(topicSummary.ref),
      handle: ({ query }) => {
        const search = query.search?.toLowerCase() ?? "";
        const all = topics.list();
        const wanted = search === "" ? all : all.filter(({ topic }) => topic.toLowerCase().includes(search));
        return pageOf(wanted, ({ topic }) => topic, query);
      },
    }),
    route<{ query: MessageQuery; answer: Page<TopicMessage> }>({
      method: "GET",
      path: "/topics/messages",
      scope: "devices:read",
      summary: "Gives the last messages of the topics that a filter matches, newest first.",
      query: exactly<MessageQuery>({
        filter: text(1_024, { minLength: 1, description: "MQTT topic filter, such as home/+/temperature." }),
        limit: optional({ ...integer, minimum: 1, maximum: pageLimits.max }),
      }),
      answer: pageSchema(topicMessage.ref),
      handle: ({ query: { filter, limit } }) => ({
        items: topics.messages(filter, limit ?? pageLimits.history),
      }),
    }),
  ];
}
