import schema from '@ioi/protocol/schemas/ActionRules.json';
import type { SyntaxNode } from '@lezer/common';

type Shape = {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
};

/** What one writes beside a rule that is not in the canonical form. */
const BESIDE_RULES = ['match', 'not_match', 'justification'];
const EXAMPLES = ['match', 'not_match'];
const OF_EXAMPLES = ['params', 'facts', 'context'];

export type Place = {
  /** Names on the way from the top; lists are not counted. */
  readonly path: readonly string[];
  /** Whether a name is being typed there, or the value of the last one. */
  readonly isName: boolean;
};

/** Where in a policy somebody types; undefined outside of every object. */
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

/** Names that can stand there. */
export function namesAt(path: readonly string[]): readonly string[] {
  if (path[0] === 'rules' && EXAMPLES.includes(path[1] ?? '')) {
    return path.length === 2 ? OF_EXAMPLES : [];
  }
  const names = Object.keys(shapeAt(path)?.properties ?? {});
  return path.length === 1 && path[0] === 'rules' ? [...names, ...BESIDE_RULES] : names;
}

/** Values that can stand there; of targets those that are known here. */
export function valuesAt(path: readonly string[], targets: readonly string[]): readonly string[] {
  if (path.at(-1) === 'target') return targets;
  const shape = shapeAt(path);
  const constants = [shape, ...(shape?.anyOf ?? [])].map((each) => each?.const);
  return constants.filter((each) => typeof each === 'string');
}

function shapeAt(path: readonly string[]): Shape | undefined {
  let shape: Shape | undefined = schema as Shape;
  for (const name of path) {
    const found: Shape | undefined = shape?.properties?.[name];
    shape = found?.items ?? found;
  }
  return shape;
}
