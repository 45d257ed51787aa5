import type { Finding, Project, SyntaxNode } from './project.ts';
import { isGenerated, isTest, lineAt } from './project.ts';
import { isNode, specifiersOf, walk } from './syntax.ts';

// The compiler already withholds the platform from cores (tsconfig.core.json has no types but the
// language's own). These are the doors the language itself leaves open, and the platform's names
// once more, because a declaration written in the file would bring them back.
const WORLDLY: ReadonlySet<string> = new Set([
  ...['Date', 'Intl', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'eval', 'Function'],
  ...['globalThis', 'process', 'console', 'performance', 'fetch', 'Buffer', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'TextEncoder', 'TextDecoder'],
]);

// Members whose answer depends on the machine's locale or on chance.
const WORLDLY_MEMBER = /^(localeCompare|toLocale[A-Z]\w*)$/;

/** Core does not touch the world: no I/O, clock, chance, environment, locale or waiting. */
export function coreIsPure(project: Project): Finding[] {
  const findings: Finding[] = [];
  for (const file of project.files.values()) {
    if (file.syntax === undefined || !isCore(file.path)) continue;
    for (const touch of touches(file.syntax)) {
      const says = `core may not use ${touch.what}`;
      findings.push({ file: file.path, line: lineAt(file.text, touch.at), says });
    }
  }
  return findings;
}

function isCore(path: string): boolean {
  if (isTest(path) || isGenerated(path) || path.endsWith('.d.ts')) return false;
  if (/\/src\/core\//.test(path)) return true;
  return /^(protocol|law)\/src\//.test(path) && !/\/(shell|testing|platform)\//.test(path);
}

type Touch = { readonly what: string; readonly at: number };

function touches(root: SyntaxNode): Touch[] {
  const found: Touch[] = [];
  for (const { value, start } of specifiersOf(root)) {
    if (value === undefined) found.push({ what: 'a computed import', at: start });
    else if (value.startsWith('node:')) found.push({ what: value, at: start });
    else if (/(^|\/)shell(\/|$)/.test(value)) found.push({ what: 'a shell', at: start });
  }
  walk(root, (node, ancestors) => {
    const what = touchOf(node, ancestors.at(-1));
    if (what !== undefined) found.push({ what, at: node.start });
  });
  return found;
}

function touchOf(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await === true)) {
    return 'await: a decision is data, not a pending promise';
  }
  if (/Function/.test(node.type) && node.async === true) return 'async functions';
  if (node.type === 'MemberExpression') return memberTouch(node);
  if (node.type !== 'Identifier' || isOnlyName(node, parent)) return undefined;
  const name = String(node.name);
  return WORLDLY.has(name) ? name : undefined;
}

function memberTouch(node: SyntaxNode): string | undefined {
  const { object, property } = node;
  if (!isNode(property)) return undefined;
  const member = String(property.name ?? property.value);
  if (WORLDLY_MEMBER.test(member)) return `${member}: it depends on the machine's locale`;
  return isNode(object) && object.name === 'Math' && member === 'random'
    ? 'Math.random'
    : undefined;
}

// `receipt.process` and `{ process: 1 }` only spell a name; `process.env` and `{ process }` use it.
function isOnlyName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined || parent.computed === true) return false;
  if (parent.type === 'MemberExpression') return parent.property === node;
  return parent.key === node;
}
