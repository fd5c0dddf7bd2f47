import { decodePayload } from "#flows/logic/payload.ts";

export interface PayloadView {
  readonly type: "json" | "number" | "text" | "boolean" | "binary" | "empty";
  readonly preview: string;
  /** The decoded value, or the beginning as text when only that was kept. */
  readonly value: unknown;
}

const PREVIEW_LENGTH_MAX = 120;

/** Reads kept bytes for people; done only when somebody looks. */
export function describePayload(kept: { readonly bytes: string; readonly size: number }): PayloadView {
  if (kept.size === 0) return { type: "empty", preview: "", value: "" };
  const bytes = Buffer.from(kept.bytes, "latin1");
  const text = textOf(bytes, kept.size > bytes.length);
  if (text === undefined)
    return { type: "binary", preview: `${kept.size} bytes`, value: { binary: true, size: kept.size } };
  if (kept.size > bytes.length) return { type: "text", preview: shorten(text), value: `${text}…` };
  const decoded = decodePayload({ size: kept.size, bytes, text: () => text }, "auto");
  const value = decoded.ok && decoded.value !== undefined ? decoded.value : text;
  return { type: typeOf(value), preview: shorten(typeof value === "string" ? value : text), value };
}

function typeOf(value: unknown): PayloadView["type"] {
  if (typeof value === "number" || typeof value === "boolean")
    return typeof value === "number" ? "number" : "boolean";
  return typeof value === "object" ? "json" : "text";
}

/** A text that was cut may end inside a character; that alone does not make it binary. */
function textOf(bytes: Buffer, isCut: boolean): string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > PREVIEW_LENGTH_MAX ? `${line.slice(0, PREVIEW_LENGTH_MAX)}…` : line;
}
