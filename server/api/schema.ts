/** The part of JSON Schema that the routes use. */
export interface Schema {
  readonly $ref?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean;
  readonly default?: string | number | boolean;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
}

type JsonType = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null";

/** A property that may be left out. */
export interface OptionalSchema {
  readonly optional: Schema;
}

/** A schema for each property of a type, marked optional exactly where the type says so. */
export type Properties<T> = {
  readonly [Key in keyof T]-?: object extends Pick<T, Key> ? OptionalSchema : Schema;
};

/** The schema of an object of a type of the contract. An answer may grow: readers pass over what they do not know. */
export function objectOf<T>(properties: Properties<T>, description?: string): Schema {
  const entries = Object.entries<Schema | OptionalSchema>(properties);
  return {
    type: "object",
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(
      entries.map(([key, schema]) => [key, isOptional(schema) ? schema.optional : schema]),
    ),
    required: entries.filter(([, schema]) => !isOptional(schema)).map(([key]) => key),
  };
}

/** The same for what callers send: unknown properties are refused, because a misspelt one would do nothing. */
export function exactly<T>(properties: Properties<T>, description?: string): Schema {
  return { ...objectOf(properties, description), additionalProperties: false };
}

/** Marks a property that may be left out. */
export function optional(schema: Schema): OptionalSchema {
  return { optional: schema };
}

/** A text of bounded length. */
export function text(maxLength: number, more: Schema = {}): Schema {
  return { type: "string", maxLength, ...more };
}

/** One of some texts. */
export function oneOf(...values: readonly string[]): Schema {
  return { type: "string", enum: values };
}

/** A list of bounded length. */
export function listOf(items: Schema, maxItems?: number): Schema {
  return { type: "array", items, ...(maxItems !== undefined && { maxItems }) };
}

/** The same value, or null. */
export function orNull(schema: Schema & { readonly type: JsonType }): Schema {
  return { ...schema, type: [schema.type, "null"] };
}

export const anyText: Schema = { type: "string" };
export const integer = { type: "integer" } as const satisfies Schema;
export const yesOrNo: Schema = { type: "boolean" };
export const anything: Schema = {};
export const anyObject: Schema = { type: "object" };
export const timestamp = { type: "integer", description: "ms since 1970" } as const satisfies Schema;

/** A schema that the OpenAPI document shows under a name. */
export interface Component {
  readonly schema: Schema;
  /** Stands for it in other schemas. */
  readonly ref: Schema;
}

/** Gives a schema a name. */
export function component(name: string, schema: Schema): Component {
  return { schema: { ...schema, $id: name, title: name }, ref: { $ref: `${name}#` } };
}

function isOptional(schema: Schema | OptionalSchema): schema is OptionalSchema {
  return "optional" in schema;
}
