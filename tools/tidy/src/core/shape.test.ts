import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { shapeIsPlain } from './shape.ts';

function findingsFor(text: string, path = 'law/src/a.ts'): string[] {
  return spoken(shapeIsPlain(madeUp({ [path]: text }), []));
}

test('module-level state is found in each of its forms', () => {
  for (const text of [
    'let count = 0;',
    'export let count = 0;',
    'var count = 0;',
    'const seen = new Map<string, number>();',
    'export const seen = new Set();',
    'const seen = new WeakMap();',
    'const queue = new BoundedQueue(4);',
    'const all: string[] = [];',
    'const index = {};',
    'const index = {} as Record<string, string>;',
    'const many = new Array(3);',
    'class Counter { static total = 0; }',
    'export class Registry { static readonly known = new Map(); }',
  ]) {
    assert.equal(findingsFor(text).length, 1, text);
  }
});

test('constants, read-only containers and state inside functions are fine', () => {
  for (const text of [
    'const LIMIT = 5;',
    'const NAMES: ReadonlySet<string> = new Set(["a"]);',
    'const TABLE: ReadonlyMap<string, number> = new Map([["a", 1]]);',
    'const EMPTY: readonly string[] = [];',
    'const NONE = [] as const;',
    'const NAMES = ["a", "b"];',
    'const ZERO = new Uint8Array(32);',
    'const PATTERN = new RegExp("a");',
    'export function count(): void { let total = 0; const seen = new Map(); total += seen.size; }',
    'class Counter { static readonly limit = 3; total = 0; }',
    'declare let ambient: number;',
  ]) {
    assert.deepEqual(findingsFor(text), [], text);
  }
  assert.deepEqual(findingsFor('let count = 0;', 'law/src/a.test.ts'), []);
});

test('default exports, any, enums and parameter properties are found', () => {
  for (const text of [
    'export default 3;',
    'const x = 1; export { x as default };',
    'let f = (x: any) => x;',
    'type T = Array<any>;',
    'enum Colour { Red }',
    'const enum Colour { Red }',
    'class C { constructor(private readonly x: number) {} }',
  ]) {
    assert.equal(findingsFor(text, 'law/src/a.test.ts').length, 1, text);
  }
  assert.deepEqual(findingsFor('const any = "any"; type T = unknown; // any'), []);
});

test('files are named in kebab-case, for what they hold', () => {
  assert.equal(findingsFor('', 'law/src/hostName.ts').length, 1);
  assert.equal(findingsFor('', 'law/src/Host.ts').length, 1);
  assert.equal(findingsFor('', 'law/src/utils.ts').length, 1);
  assert.equal(findingsFor('', 'law/src/string-utils.ts').length, 1);
  assert.equal(findingsFor('', 'law/src/helpers/a.ts').length, 1);
  for (const name of ['host-name.ts', 'host.test.ts', 'contract.d.ts', 'utility-bill.ts']) {
    assert.deepEqual(findingsFor('', `law/src/${name}`), [], name);
  }
});

test('an allowance covers one name of one file and must still be needed', () => {
  const project = madeUp({ 'law/src/a.ts': 'const cache = new Map();\nlet other = 1;' });
  const cache = { file: 'law/src/a.ts', name: 'cache', reason: 'bounded' };
  assert.deepEqual(spoken(shapeIsPlain(project, [cache])), [
    'law/src/a.ts:2 other is state of the whole module: pass it, or make it read-only',
  ]);
  const stale = { file: 'law/src/b.ts', name: 'cache', reason: 'gone' };
  const findings = spoken(shapeIsPlain(project, [cache, stale]));
  assert.equal(findings.at(-1), 'law/src/b.ts:0 no longer needs allowance cache');
});
