import type { SyntaxNode } from '@lezer/common';

export type Place = {
  /** Names on the way from the top; lists are not counted. */
  readonly path: readonly string[];
  /** Whether a name is being typed there, or the value of the last one. */
  readonly isName: boolean;
};

/** Where in a text somebody types; undefined outside of every object. */
export function placeOf(node: SyntaxNode, textOf: (part: SyntaxNode) => string): Place | undefined {
  const around = ancestorOf(node, ['Property', 'Object']);
  if (around === undefined) return undefined;
  const name = around.getChild('PropertyName');
  const isName = around.name === 'Object' || name === null || node.from <= name.from;
  const holder = isName ? ancestorOf(around, ['Object']) : around;
  const path: string[] = [];
  let at = holder && ancestorOf(holder, ['Property']);
  while (at !== undefined) {
    const named = at.getChild('PropertyName');
    path.unshift(named === null ? '' : textOf(named).replaceAll('"', ''));
    at = at.parent === null ? undefined : ancestorOf(at.parent, ['Property']);
  }
  return { path, isName };
}

function ancestorOf(node: SyntaxNode, names: readonly string[]): SyntaxNode | undefined {
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    if (names.includes(at.name)) return at;
  }
  return undefined;
}
