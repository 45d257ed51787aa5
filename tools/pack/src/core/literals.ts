import { literalOf, type SyntaxNode, walk } from '@ioi/tidy';

export type TextLiteral = { readonly value: string; readonly start: number };

/** Every string literal of a module, and every template without expressions. */
export function literalsIn(root: SyntaxNode): TextLiteral[] {
  const found: TextLiteral[] = [];
  walk(root, (node) => {
    const value = literalOf(node);
    if (value !== undefined) found.push({ value, start: node.start });
  });
  return found;
}
