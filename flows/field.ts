/** Which input a form shows; `NodeForm` has one for each. */
export type FieldKind =
  | "text"
  | "number"
  | "flag"
  | "choice"
  | "choices"
  | "duration"
  | "clock"
  | "zone"
  | "cron"
  | "key"
  | "topic"
  | "filters"
  | "template"
  | "condition"
  | "value"
  | "mapping"
  | "json"
  | "rows"
  | "device"
  | "channel";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Tells what is wrong with a stored setting; `at` is a JSON pointer below the setting. */
export type Report = (message: string, details?: ReportDetails) => void;

export interface ReportDetails {
  readonly code?: string;
  readonly at?: string;
  readonly severity?: "error" | "warning" | "hint";
}

/**
 * One setting of a node. Validation, form, help, JSON Schema and docs derive from it.
 * `Stored` is what the document holds (plain JSON); `Value` is what the node receives, already compiled:
 * a duration in ms, a condition that can be asked for its verdict.
 */
export interface Field<Value = unknown, Stored = unknown> {
  readonly kind: FieldKind;
  readonly label: string;
  readonly help?: string;
  /** May be left empty: the node then receives `undefined`. */
  readonly optional?: boolean;
  /** Stored form. A field without default that is not optional is required. */
  readonly default?: Stored;
  readonly placeholder?: string;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly options?: readonly FieldOption[];
  /** Columns of a row, for kind `rows`. */
  readonly fields?: Fields;
  /** Folded away in the form. */
  readonly advanced?: boolean;
  /** Shown only while another setting has one of these values. */
  readonly showIf?: { readonly field: string; readonly is: readonly unknown[] };
  /** A change of it keeps the state of the node: it says nothing about the node's meaning. */
  readonly cosmetic?: boolean;
  readonly schema: JsonSchema;
  /** Checks the stored form and compiles it. When it reported an error, what it returns is not used. */
  readonly read: (stored: unknown, report: Report) => Value;
}

export interface FieldOption {
  readonly value: string;
  readonly title: string;
  readonly help?: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a record of fields holds fields of every value.
export type Fields = Readonly<Record<string, Field<any, any>>>;

/** The configuration a node receives: every field present, defaults applied, expressions compiled. */
export type ConfigOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer Value, infer _Stored> ? Value : never;
};

/** The configuration as a document stores it; settings that keep their default are left out. */
export type StoredOf<F extends Fields> = {
  readonly [Name in keyof F]?: F[Name] extends Field<infer _Value, infer Stored> ? Stored : never;
};

/** What every field helper takes beside its own options. */
export interface FieldOptions<Stored> {
  readonly help?: string;
  readonly default?: Stored;
  readonly placeholder?: string;
  readonly advanced?: boolean;
  readonly showIf?: { readonly field: string; readonly is: readonly unknown[] };
  readonly cosmetic?: boolean;
}

/** The same field, which may be left empty. */
export function optional<Value, Stored>(field: Field<Value, Stored>): Field<Value | undefined, Stored> {
  return { ...field, optional: true };
}
