import { expect, test } from "vitest";
import { roles as apiRoles, scopes as apiScopes } from "../server/api/scopes.ts";
import { roles as authRoles, scopes as authScopes } from "../server/auth/roles.ts";

/** Two rooms must mean the same by the same words, and none may import the other. */
test("the routes and the tokens know the same scopes and roles", () => {
  expect(apiScopes).toEqual(authScopes);
  expect(apiRoles).toEqual(authRoles);
});
