import type { NewTokenAnswer, NewTokenRequest, Page, TokenSummary } from "./contract.ts";
import { idParams, unknown, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts, Who } from "./parts.ts";
import { ApiProblem } from "./problem.ts";
import { API_BASE, route, type Route } from "./route.ts";
import { exactly, integer, listOf, objectOf, optional, text } from "./schema.ts";
import { scope, tokenProperties, tokenSummary } from "./schemas/access.ts";
import { scopes, scopesInclude } from "./scopes.ts";

/** Days a token may live. */
const TOKEN_DAYS_MAX = 3_650;

/** API tokens of the user who asks. */
export function tokenRoutes({ tokens }: Pick<ApiParts, "tokens">): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<TokenSummary> }>({
      method: "GET",
      path: "/tokens",
      scope: "users:read",
      role: "viewer",
      summary: "Lists your API tokens; an administrator sees everybody's.",
      query: listQuery(),
      answer: pageSchema(tokenSummary.ref),
      handle: ({ query, who }) => pageOf(tokens.list(who), ({ id }) => id, query),
    }),
    route<{ body: NewTokenRequest; answer: NewTokenAnswer }>({
      method: "POST",
      path: "/tokens",
      scope: "users:write",
      role: "viewer",
      summary: "Makes an API token; it is shown this once.",
      body: exactly<NewTokenRequest>({
        name: text(80, { minLength: 1 }),
        scopes: { ...listOf(scope, scopes.length), minItems: 1 },
        expiresInDays: optional({ ...integer, minimum: 1, maximum: TOKEN_DAYS_MAX }),
      }),
      status: 201,
      answer: objectOf<NewTokenAnswer>({ ...tokenProperties, token: { type: "string" } }),
      handle: async ({ body, who, reply }) => {
        refuseMoreThanOwn(body.scopes, who);
        const token = await tokens.add(body, who);
        reply.header("location", `${API_BASE}/tokens/${encodeURIComponent(token.id)}`);
        return token;
      },
    }),
    route<{ params: IdParams; answer: void }>({
      method: "DELETE",
      path: "/tokens/:id",
      scope: "users:write",
      role: "viewer",
      summary: "Revokes a token at once.",
      params: idParams,
      handle: async ({ params: { id }, who }) => {
        if (!(await tokens.remove(id, who))) throw unknown("token.unknown", "token", id);
      },
    }),
  ];
}

/** Otherwise a token for one thing could make itself one for everything. */
function refuseMoreThanOwn(wanted: readonly string[], { scopes: own }: Who): void {
  const more = own === undefined ? [] : wanted.filter((one) => !scopesInclude(own, one));
  if (more.length > 0)
    throw new ApiProblem(
      "auth.scope",
      `This token cannot give the scope ${more.join(", ")}, which it lacks.`,
    );
}
