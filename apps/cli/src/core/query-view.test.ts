import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whereOf } from './query-arguments.ts';
import { cellsOf, csvOf, rowLine, shortName } from './row-view.ts';

const columns = [
  { name: 'state', type: 'text' },
  { name: 'seq', type: 'integer' },
  { name: 'demo', type: 'boolean' },
  { name: 'body', type: 'json' },
];

test('a condition is read by the type of its column', () => {
  const where = whereOf(['state^=pen', 'seq>=10', 'seq<20', 'demo=true'], columns);
  assert.deepEqual(where, {
    ok: true,
    value: { state: { prefix: 'pen' }, seq: { gte: 10, lt: 20 }, demo: true },
  });
  assert.deepEqual(whereOf(['state=a=b'], columns), { ok: true, value: { state: 'a=b' } });
  assert.deepEqual(whereOf(['state='], columns), { ok: true, value: { state: null } });
  const wrong: [string[], RegExp][] = [
    [['nope=1'], /no column nope; there are state, seq/],
    [['state'], /column=value, not state/],
    [['seq=ten'], /takes integer, not ten/],
    [['demo=yes'], /takes boolean/],
    [['body={}'], /takes json/],
    [['seq=1', 'seq=2'], /twice/],
    [['seq=1', 'seq>2'], /twice/],
    [['seq>1', 'seq=2'], /twice/],
  ];
  for (const [conditions, says] of wrong) {
    const refused = whereOf(conditions, columns);
    assert.ok(!refused.ok);
    assert.match(refused.error.message, says);
  }
});

test('CSV is RFC 4180, moves no terminal and starts no formula', () => {
  const rows = [
    { state: 'a,"b"', seq: -1, demo: true, body: { x: '\u001b[2J' } },
    { state: '=cmd|x', seq: null, demo: null, body: null },
    { state: 'two\nlines\u202e', seq: 3, demo: false, body: [] },
  ];
  const lines = csvOf(rows, columns).split('\r\n');
  assert.deepEqual(lines, [
    'state,seq,demo,body',
    '"a,""b""",-1,true,"{""x"":""\\\\u001b[2J""}"',
    "'=cmd|x,,,",
    'two\\nlines\\u{202e},3,false,[]',
    '',
  ]);
});

test('a row is shown by what it has', () => {
  const row = { state: 'x\u0007', seq: 7, demo: null, body: { a: 1 } };
  assert.equal(rowLine(row), 'state=x\\u{7} seq=7 body={"a":1}');
  assert.deepEqual(cellsOf(row, columns), ['x\u0007', '7', '', '{"a":1}']);
  assert.equal(shortName('projection://*/actions'), 'actions');
  assert.equal(shortName('projection://shop/orders'), 'projection://shop/orders');
});
