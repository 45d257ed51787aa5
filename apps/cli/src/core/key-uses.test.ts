import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AuditRow } from './audit-view.ts';
import { KeyUses } from './key-uses.ts';

const rowAt = (chain_time: number, seq: number): AuditRow => ({
  seq,
  chain_time,
  kind: 'decision',
});
const useAt = (at: number, number: number) => ({
  number,
  act: 'leased',
  at: String(at),
  name: 'a',
});
const rising = fc
  .array(fc.nat(20), { maxLength: 20 })
  .map((times) => times.toSorted((left, right) => left - right));

test('rows of the log and uses of keys are one order of time, none lost, the log first', () => {
  fc.assert(
    fc.property(rising, rising, fc.nat(20), (log, uses, page) => {
      const keys = new KeyUses(0);
      keys.take(uses.map((at, index) => useAt(at, index + 1)));
      const rows = log.map(rowAt);
      const pages = [rows.slice(0, page), rows.slice(page)];
      const told = [...pages.flatMap((each) => keys.among(each)), ...keys.rest()];
      const placeOf = ({ chain_time: time, seq }: AuditRow) => time * 2 + (seq === null ? 1 : 0);
      const places = told.map(placeOf);
      assert.deepEqual(
        places,
        places.toSorted((left, right) => left - right),
      );
      assert.equal(told.length, log.length + uses.length);
      assert.equal(keys.last, uses.length);
    }),
  );
});

test('a use tells the key, where it went and for which act, and none is from before', () => {
  const keys = new KeyUses(5);
  const operation = `sha256:${'0'.repeat(64)}`;
  keys.take([useAt(4, 1), { ...useAt(5, 2), version: 3, server: 'mail', operation }]);
  const [row, ...others] = keys.rest();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [row?.['about'], row?.['code'], row?.['operation']],
    ['a v3', 'mail', operation],
  );
  assert.deepEqual([row?.kind, row?.['result'], row?.chain_time], ['key', 'leased', 5]);
});
