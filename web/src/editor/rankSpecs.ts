import type { AnyNode } from "#flows/node.ts";

/** What is searched for, and what would fit there. */
export interface SpecQuery {
  readonly text: string;
  /** Only nodes that something can lead into. */
  readonly needsInput?: boolean;
  /** Only nodes that something can follow, too. */
  readonly needsOutput?: boolean;
  /** Nothing is in the flow yet: triggers come first. */
  readonly prefersTrigger?: boolean;
  /** Types used last, newest first. */
  readonly recent?: readonly string[];
}

const NO_MATCH = -1;

/** Node types that fit a search: by how well the text matches, then what was used lately, then their own order. */
export function rankSpecs(specs: readonly AnyNode[], query: SpecQuery): readonly AnyNode[] {
  const words = query.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const ranked = specs.flatMap((spec, order) => {
    const match = Math.min(Infinity, ...words.map((word) => matchOf(spec, word)));
    if (match === NO_MATCH || !fits(spec, query)) return [];
    return [{ spec, order, match: words.length === 0 ? 0 : match }];
  });
  const weight = ({ spec, match }: (typeof ranked)[number]): number => {
    const recentAt = query.recent?.indexOf(spec.type) ?? -1;
    const recency = recentAt < 0 ? 0 : 8 - Math.min(7, recentAt);
    const first = query.prefersTrigger === true && spec.group === "trigger" ? 20 : 0;
    return match * 10 + recency + first;
  };
  return ranked.toSorted((a, b) => weight(b) - weight(a) || a.order - b.order).map(({ spec }) => spec);
}

function fits(spec: AnyNode, { needsInput = false, needsOutput = false }: SpecQuery): boolean {
  const hasInput = (spec.inputs?.length ?? (spec.group === "trigger" ? 0 : 1)) > 0;
  const hasOutput = typeof spec.ports === "function" || spec.ports.length > 0 || spec.fails === true;
  return (!needsInput || hasInput) && (!needsOutput || hasOutput);
}

/** From best to worst: the start of the title, a word of it, a synonym, the summary. */
function matchOf({ title, type, summary, synonyms = [] }: AnyNode, word: string): number {
  const name = title.toLowerCase();
  if (name.startsWith(word) || type.startsWith(word)) return 8;
  if (name.includes(` ${word}`)) return 6;
  if (synonyms.some((synonym) => synonym.toLowerCase().startsWith(word))) return 5;
  if (name.includes(word) || type.includes(word)) return 4;
  if (synonyms.some((synonym) => synonym.toLowerCase().includes(word))) return 3;
  return summary.toLowerCase().includes(word) ? 1 : NO_MATCH;
}
