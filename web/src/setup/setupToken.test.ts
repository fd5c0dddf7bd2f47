import { expect, test } from "vitest";
import { tokenOf } from "./setupToken.ts";

test("the token comes from the hash, named or bare, or from the query", () => {
  expect(tokenOf("#token=ab%20c", undefined)).toBe("ab c");
  expect(tokenOf("#abc", undefined)).toBe("abc");
  expect(tokenOf("", "abc")).toBe("abc");
  expect(tokenOf("", undefined)).toBe("");
});
