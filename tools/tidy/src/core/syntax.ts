import type { SyntaxNode } from './project.ts';

/** Called for each node with its ancestors, nearest last. */
type Visit = (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void;

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Visits a syntax tree depth first, parents before children, in source order of the fields. */
export function walk(root: SyntaxNode, visit: Visit): void {
  const ancestors: SyntaxNode[] = [];
  const descend = (node: SyntaxNode): void => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) descend(child);
      }
    }
    ancestors.pop();
  };
  descend(root);
}

/** How a module names another one. `url` is `new URL('…', import.meta.url)`. */
export type SpecifierKind = 'import' | 'type' | 'dynamic' | 'resolve' | 'url';

export type Specifier = {
  readonly kind: SpecifierKind;
  /** Undefined when the place holds an expression instead of a literal. */
  readonly value: string | undefined;
  /** UTF-16 offsets of the literal or expression, quotes included. */
  readonly start: number;
  readonly end: number;
};

/**
 * Every place where a module names another module or a file beside it. A clause of only inline
 * `type` names still loads the module under `verbatimModuleSyntax`, so it counts as an import.
 */
export function specifiersOf(root: SyntaxNode): Specifier[] {
  const found: Specifier[] = [];
  walk(root, (node) => {
    const named = namedModule(node);
    if (named === undefined) return;
    const { kind, place } = named;
    const value = literalOf(place);
    if (value === undefined && kind === 'url') return;
    found.push({ kind, value, start: place.start, end: place.end });
  });
  return found;
}

function namedModule(node: SyntaxNode): { kind: SpecifierKind; place: SyntaxNode } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return placed(node.importKind === 'type' ? 'type' : 'import', node.source);
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return placed(node.exportKind === 'type' ? 'type' : 'import', node.source);
    case 'TSImportType':
      return placed('type', node.source);
    case 'ImportExpression':
      return placed('dynamic', node.source);
    case 'CallExpression':
      return isImportMeta(node.callee, 'resolve')
        ? placed('resolve', argument(node, 0))
        : undefined;
    case 'NewExpression':
      return isNode(node.callee) &&
        node.callee.name === 'URL' &&
        isImportMeta(argument(node, 1), 'url')
        ? placed('url', argument(node, 0))
        : undefined;
    default:
      return undefined;
  }
}

function placed(kind: SpecifierKind, place: unknown) {
  return isNode(place) ? { kind, place } : undefined;
}

function argument(node: SyntaxNode, index: number): unknown {
  return Array.isArray(node.arguments) ? node.arguments[index] : undefined;
}

function isImportMeta(node: unknown, property: string): boolean {
  return (
    isNode(node) &&
    node.type === 'MemberExpression' &&
    isNode(node.object) &&
    node.object.type === 'MetaProperty' &&
    isNode(node.property) &&
    node.property.name === property
  );
}

/** The text of a string literal, or of a template without expressions. */
export function literalOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return undefined;
  if (node.quasis.length !== 1) return undefined;
  const cooked: unknown = node.quasis[0]?.value?.cooked;
  return typeof cooked === 'string' ? cooked : undefined;
}

/** `@scope/name` or `name` of a bare specifier, without its subpath. */
export function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}
