import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { readCondition, valueOfJson } from './expression.ts';
import { faultHere } from './pointer.ts';

type Fields = Readonly<Record<string, Json>>;

function read(expression: Json) {
  return readCondition<Fields>(expression, (json) => {
    const { field } = json as { field?: string };
    if (field === undefined) return undefined;
    const kind = field.startsWith('n') ? 'number' : field.startsWith('t') ? 'text' : 'unknown';
    if (field === '') return err(faultHere('no field'));
    return ok({ kind, of: (fields) => valueOfJson(fields[field], kind) });
  });
}

function holds(expression: Json, fields: Fields = {}): boolean {
  const condition = read(expression);
  assert.ok(condition.ok, JSON.stringify(condition));
  return condition.value(fields);
}

const op = (name: string, ...args: Json[]): Json => ({ op: name, args });
const n = { field: 'n' };
const t = { field: 't' };
const any = { field: 'a' };

test('numbers are exact, whatever way they are written', () => {
  const sum = op('add', { decimal: '0.1' }, { decimal: '0.2' });
  assert.ok(holds(op('eq', sum, { decimal: '0.3' })));
  assert.ok(holds(op('eq', n, { decimal: '1.50' }), { n: '1.5' }));
  assert.ok(holds(op('gt', n, { value: 9_007_199_254_740_991 }), { n: '9007199254740992' }));
  const less = op('subtract', { value: 1 }, { decimal: '1.000000000000000001' });
  assert.ok(holds(op('lt', less, { value: 0 })));
  assert.ok(holds(op('eq', op('multiply', n, n), { decimal: '0.0001' }), { n: '-0.01' }));
});

test('every comparison, on numbers, text and booleans', () => {
  const table: [string, boolean, boolean, boolean][] = [
    ['eq', false, true, false],
    ['ne', true, false, true],
    ['lt', true, false, false],
    ['le', true, true, false],
    ['gt', false, false, true],
    ['ge', false, true, true],
  ];
  for (const [name, ...expected] of table) {
    const numbers = [1, 2, 3].map((value) => holds(op(name, { value }, { value: 2 })));
    assert.deepEqual(numbers, expected, name);
    const texts = ['a', 'b', 'c'].map((value) => holds(op(name, { value }, { value: 'b' })));
    assert.deepEqual(texts, expected, name);
  }
  assert.ok(holds(op('eq', { value: true }, any), { a: true }));
  assert.ok(holds(op('ne', { value: true }, any), { a: false }));
});

test('what cannot be told is never true, nor is its opposite', () => {
  const unknown = op('eq', n, { value: 1 });
  assert.equal(holds(unknown), false);
  assert.equal(holds(op('not', unknown)), false);
  assert.equal(holds(op('and', unknown, { value: true })), false);
  assert.equal(holds(op('or', unknown, { value: true })), true);
  assert.equal(holds(op('not', op('and', unknown, { value: false }))), true);
  assert.equal(holds(op('eq', any, { value: 1 }), { a: 'text' }), false);
  assert.equal(holds(op('eq', any, { value: 1 }), { a: 0.5 }), false);
  assert.equal(holds(op('or', op('not', op('exists', n)), unknown)), true);
});

test('in, length, matches and exists', () => {
  assert.ok(holds(op('in', t, { value: ['a', 'b'] }), { t: 'b' }));
  assert.equal(holds(op('in', n, { value: ['5', 6] }), { n: 5 }), false);
  assert.ok(holds(op('in', n, { value: [5, 6] }), { n: '5.0' }));
  assert.ok(holds(op('eq', op('length', t), { value: 1 }), { t: '\u{1f600}' }));
  assert.ok(holds(op('eq', op('length', any), { value: 2 }), { a: [1, 2] }));
  assert.ok(holds(op('eq', op('length', any), { value: 1 }), { a: { b: 1 } }));
  const ending = { op: 'matches', args: [t], pattern: '^[a-z]+$' };
  assert.ok(holds(ending, { t: 'abc' }));
  assert.equal(holds(ending, { t: 'ab1' }), false);
  assert.equal(holds(op('exists', any), { a: null }), false);
});

test('what is not of the language, or does not fit together, is refused', () => {
  let deep: Json = { value: true };
  for (let at = 0; at < 20; at += 1) deep = op('not', deep);
  const wide = op('and', ...Array.from({ length: 200 }, () => ({ value: true })));
  const refused: Json[] = [
    n,
    { value: 1 },
    { value: 0.5 },
    { decimal: '1e5' },
    { value: [1.5] },
    op('eq', n, t),
    op('lt', { value: true }, { value: false }),
    op('add', n, t),
    op('not', n),
    op('eq', n),
    op('and'),
    op('__proto__', n),
    op('toString', n),
    op('divide', n, n),
    { op: 'eq', args: [n, n], also: 1 },
    { op: 'matches', args: [t], pattern: '(a)\\1' },
    { op: 'matches', args: [t], pattern: 'a'.repeat(257) },
    op('in', n, n),
    { field: '' },
    { other: 1 },
    null,
    [],
    deep,
    wide,
  ];
  for (const expression of refused) {
    assert.equal(read(expression).ok, false, JSON.stringify(expression).slice(0, 80));
  }
});
