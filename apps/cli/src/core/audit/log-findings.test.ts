import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { logFindings, stateOf, type WatchedLog } from './log-findings.ts';

const well: WatchedLog = { origin: 'log.example/1', size: 5, seen: 1_700_000_000 };
const contradiction = { at: 1_700_000_500, times: 2, held_size: 5, code: 'witness.other_root' };
const forked = { ...well, contradiction };
const unproven = { ...well, contradiction: { ...contradiction, code: 'witness.inconsistent' } };
const watching = { name: 'w.example/1', version: '0.1.0', quietSince: 1_700_000_001 };

test('a log is quiet, forked or unproven, and a fork outweighs silence', () => {
  deepEqual(
    [well, forked, unproven].map((log) => stateOf(log, well.seen)),
    ['well', 'forked', 'unproven'],
  );
  deepEqual(
    [well, forked].map((log) => stateOf(log, well.seen + 1)),
    ['quiet', 'forked'],
  );
});

test('what a witness finds is told as findings of OCSF, the same uid for the same', () => {
  deepEqual(logFindings([well], { ...watching, quietSince: well.seen }), []);
  const told = logFindings([well, forked, unproven], watching);
  deepEqual(
    told.map(({ class_uid, severity, finding_info }) => [
      class_uid,
      severity,
      finding_info?.types[0],
    ]),
    [
      [2004, 'Medium', 'node.quiet'],
      [2004, 'High', 'log.forked'],
      [2004, 'Medium', 'log.unproven'],
    ],
  );
  match(told[1]?.message ?? '', /^log\.example\/1 signed another history of 5 entries$/);
  deepEqual(logFindings([well, forked, unproven], watching), told);
  const later = logFindings([{ ...well, seen: well.seen - 9 }], watching);
  equal(later[0]?.metadata.uid === told[0]?.metadata.uid, false, 'another silence is another');
});
