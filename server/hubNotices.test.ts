import { expect, test } from "vitest";
import { noticeOf } from "./hubNotices.ts";

const until = Date.UTC(2026, 0, 1);

test("two devices with one client id are told of by name, with where they are and what to do", () => {
  const { title, text } = noticeOf({
    kind: "flapping",
    clientId: "pump <1>",
    addresses: ["10.0.0.4", "10.0.0.9"],
    until,
  });
  expect(title).toContain('"pump <1>"');
  expect(text).toMatch(/10\.0\.0\.4 and 10\.0\.0\.9.*2026-01-01T00:00:00.*client id of its own/);
});

test("each ban has a notice of its own, and none comes twice", () => {
  const ban = { kind: "protocol-errors", address: "10.0.0.4", until } as const;
  expect(noticeOf(ban)).toEqual(noticeOf(ban));
  expect(noticeOf(ban).id).not.toBe(noticeOf({ ...ban, until: until + 1 }).id);
  expect(noticeOf(ban).text).toContain("10.0.0.4");
});
