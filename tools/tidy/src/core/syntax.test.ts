import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCode } from '../shell/build-project.ts';
import { literalOf, packageNameOf, specifiersOf, walk } from './syntax.ts';

test('each way of naming a module has its kind and its place in the text', () => {
  const text = `// é 😀
import './a.ts';
import type { B } from './b.ts';
import { type C } from './c.ts';
export { d } from './d.ts';
export type * from './e.ts';
type F = typeof import('./f.ts');
await import(\`./g.ts\`);
await import(where);
new URL('./h.txt', import.meta.url);
new URL(where, import.meta.url);
new URL('./not.txt', base);
import.meta.resolve('./i.ts');
resolve('./not.ts');
`;
  const found = specifiersOf(parseCode('x.ts', text));
  assert.deepEqual(
    found.map(({ kind, value }) => [kind, value]),
    [
      ['import', './a.ts'],
      ['type', './b.ts'],
      ['import', './c.ts'],
      ['import', './d.ts'],
      ['type', './e.ts'],
      ['type', './f.ts'],
      ['dynamic', './g.ts'],
      ['dynamic', undefined],
      ['url', './h.txt'],
      ['resolve', './i.ts'],
    ],
  );
  for (const { value, start, end } of found) {
    if (value !== undefined) assert.equal(text.slice(start + 1, end - 1), value);
  }
});

test('a package name is what stands before the subpath', () => {
  assert.equal(packageNameOf('@noble/hashes/sha2.js'), '@noble/hashes');
  assert.equal(packageNameOf('hono/jsx'), 'hono');
  assert.equal(packageNameOf('hono'), 'hono');
});

test('only a text known beforehand is a literal', () => {
  const literals: (string | undefined)[] = [];
  walk(parseCode('x.ts', `f('a', \`b\`, \`c\${d}\`, e, 5, /x/);`), (node) => {
    if (node.type !== 'CallExpression' || !Array.isArray(node.arguments)) return;
    literals.push(...node.arguments.map(literalOf));
  });
  assert.deepEqual(literals, ['a', 'b', undefined, undefined, undefined, undefined]);
});

test('a text that is not TypeScript is refused by name', () => {
  assert.throws(() => parseCode('broken.ts', 'const = ;'), /broken\.ts/);
});
