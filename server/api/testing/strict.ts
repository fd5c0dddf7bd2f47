import type { Schema } from "../schema.ts";

/** The same schema, refusing every property it does not name: for tests that look for what leaks out undocumented. */
export function strict(schema: Schema): Schema {
  const { properties, items, anyOf, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)])),
      additionalProperties: false,
    }),
    ...(items !== undefined && { items: strict(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(strict) }),
    ...(typeof additionalProperties === "object" && { additionalProperties: strict(additionalProperties) }),
  };
}
