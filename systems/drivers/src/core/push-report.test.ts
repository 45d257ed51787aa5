import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { isAllDone, pushReportIn } from './push-report.ts';

const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
const read = (text: string) => pushReportIn(encodeUtf8(text));

const REPORT = [
  line('unpack ok\n'),
  line('ok refs/heads/a\n'),
  line('ng refs/heads/b non-fast-forward\n'),
  '0000',
].join('');

test('what became of each ref is read, alone and beside other streams', () => {
  const said = {
    unpack: 'ok',
    refs: [
      { ref: 'refs/heads/a', is_done: true },
      { ref: 'refs/heads/b', is_done: false, reason: 'non-fast-forward' },
    ],
  };
  assert.deepEqual(read(REPORT), said);
  const halves = [REPORT.slice(0, 20), REPORT.slice(20)].map((half) => line(`\u0001${half}`));
  assert.deepEqual(read(`${line('\u0002progress')}${halves.join('')}0000`), said);
  assert.equal(isAllDone(said), false);
  assert.ok(isAllDone({ unpack: 'ok', refs: said.refs.slice(0, 1) }));
  assert.ok(!isAllDone({ unpack: 'index-pack failed', refs: [] }));
});

test('what is no report is none, whatever it is', () => {
  for (const text of ['', '0000', 'fffe', line('ok refs/heads/a'), '<html>']) {
    assert.equal(read(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      pushReportIn(bytes);
    }),
  );
});
