import type { Field, FieldOptions } from "../field.ts";
import { parsePath } from "../logic/path.ts";

/** Where a value is, as keys from the message on: `payload.meta.time`. */
export function path(label: string, options: FieldOptions<string> = {}): Field<readonly string[], string> {
  return {
    kind: "text",
    label,
    ...options,
    schema: { type: "string", minLength: 1, maxLength: 1_000 },
    read(stored, report) {
      const parsed = parsePath(typeof stored === "string" ? stored : "");
      if (parsed.problem !== undefined) report(parsed.problem, { code: "path.syntax" });
      return parsed.keys ?? [];
    },
  };
}
