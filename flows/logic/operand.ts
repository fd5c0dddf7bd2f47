import { toNumber } from "./number.ts";

/** What an operand must be. Anything else counts as missing, so the operator has no result. */
export type OperandType = "number" | "text" | "any" | "searchable" | "key" | "pattern" | "zone";

/** One operand of an operator, as checks, help and the builder see it. */
export interface OperandSpec {
  readonly name: string;
  readonly type: OperandType;
  readonly optional?: boolean;
  /** It may be given any number of times; only the last operand may. */
  readonly repeated?: boolean;
}

/** The operand as its type asks for, or `undefined` when it is missing or unusable. */
export function readOperand(value: unknown, type: OperandType): unknown {
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  switch (type) {
    case "number":
      return toNumber(value);
    case "text":
    case "zone":
      if (typeof value === "string") return value;
      return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
    case "searchable":
      return typeof value === "string" || Array.isArray(value) ? value : undefined;
    case "any":
    case "key":
    case "pattern":
      return value;
  }
}
