import type { NewUserRequest, Page, UserSummary } from "./contract.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { exactly, text } from "./schema.ts";
import { role, userSummary } from "./schemas/access.ts";

/** People who may sign in. */
export function userRoutes({ users }: Pick<ApiParts, "users">): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<UserSummary> }>({
      method: "GET",
      path: "/users",
      scope: "users:read",
      summary: "Lists the users.",
      query: listQuery(),
      answer: pageSchema(userSummary.ref),
      handle: ({ query }) => pageOf(users.list(), ({ id }) => id, query),
    }),
    route<{ body: NewUserRequest; answer: UserSummary }>({
      method: "POST",
      path: "/users",
      scope: "users:write",
      summary: "Adds a user.",
      body: exactly<NewUserRequest>({
        name: text(64, { minLength: 1 }),
        password: text(200, { minLength: 1 }),
        role,
      }),
      status: 201,
      answer: userSummary.ref,
      handle: ({ body, who }) => users.add(body, who),
    }),
  ];
}
