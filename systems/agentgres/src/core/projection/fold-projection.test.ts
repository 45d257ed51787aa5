import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry, ProjectionDefinition } from '@ioi/protocol';
import fc from 'fast-check';
import { anyDefinition, anyEntries, definitionOf } from '../../testing/projections.ts';
import { compareRows, keyText, objectOf, type Row } from './cells.ts';
import { changedRow, foldProjection } from './fold-projection.ts';
import { referenceRows } from './reference-projection.ts';
import { type Table, tableOf } from './table.ts';

function folded(table: Table, entries: readonly LogEntry[]): Row[] {
  const rows = new Map<string, Row>();
  for (const change of entries.flatMap((entry) => foldProjection(table, entry))) {
    const name = keyText(change.key);
    const row = changedRow(rows.get(name), change, table);
    if (row) rows.set(name, row);
    else rows.delete(name);
  }
  return [...rows.values()].sort((a, b) => compareRows(a.slice(0, table.keySize), b));
}

function tableFor(definition: ProjectionDefinition): Table {
  const table = tableOf(definition);
  assert.ok(table.ok, JSON.stringify(table));
  return table.value;
}

test('the fold and the slow reference reach the same rows, for every kind', () => {
  fc.assert(
    fc.property(anyDefinition, anyEntries, (definition, entries) => {
      const table = tableFor(definition);
      const names = table.columns.map(({ name }) => name);
      const rows = folded(table, entries).map((row) =>
        Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])),
      );
      assert.deepEqual(rows, referenceRows(definition, entries));
    }),
    { numRuns: 300 },
  );
});

test('a rule whose key is not in the event does nothing, and later rules win', () => {
  const table = tableFor(
    definitionOf([
      { on: 'a.put', key: ['/event/id'], set: { text: '/event/text', count: { value: 1 } } },
      { on: 'a.put', key: ['/event/id'], set: { count: '/event/count' } },
    ]),
  );
  const entry = { seq: '1', events: [{ type: 'a.put', text: 'x' }] } as unknown as LogEntry;
  assert.deepEqual(foldProjection(table, entry), []);
  const named = { type: 'a.put', id: 'i', text: 7, count: '12' };
  const rows = folded(table, [{ ...entry, events: [named] }]);
  assert.deepEqual(objectOf(rows[0] ?? [], table.columns), {
    id: 'i',
    text: null,
    count: 12,
    flag: null,
    more: null,
  });
});

test('what every object inherits is not found by a pointer', () => {
  const rule = { on: 'a.put', key: ['/event/id'], set: { more: '/event/constructor/name' } };
  const table = tableFor(definitionOf([rule]));
  const entry = { seq: '1', events: [{ type: 'a.put', id: 'i' }] } as unknown as LogEntry;
  assert.deepEqual(folded(table, [entry])[0], ['i', null, null, null, null]);
});

test('a definition that names what is not there is refused', () => {
  const set = { text: '/event/x' };
  const wrong: [object, RegExp][] = [
    [definitionOf([{ on: 'a.put', key: ['/event/a', '/event/b'], set }]), /another key/],
    [definitionOf([{ on: 'a.put', key: ['/event/a'], set: { nope: '/event/x' } }]), /nope/],
    [definitionOf([{ on: 'a.put', key: ['/event/a'], set: { id: '/event/x' } }]), /sets id/],
    [definitionOf([{ on: 'a.put', key: ['/entry/payload'], set }]), /none of/],
    [{ ...definitionOf([]), key: ['gone'] }, /does not fit/],
    [{ ...definitionOf([{ on: 'a.put', key: ['/event/a'], set }]), key: ['gone'] }, /gone/],
    [{ kind: 'relational' }, /does not fit/],
  ];
  for (const [definition, says] of wrong) {
    const table = tableOf(definition);
    assert.ok(!table.ok);
    assert.equal(table.error.code, 'projection.invalid');
    assert.match(table.error.message, says);
  }
});
