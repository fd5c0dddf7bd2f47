import type { FlowDocument } from "#flows/flow.ts";

/** Hands a flow to the user as a file. */
export function downloadFlow(document: FlowDocument): void {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = window.document.createElement("a");
  link.href = url;
  link.download = `${document.id}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
