import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { judged } from './judge.ts';
import { testsIn } from './junit.ts';

const REPORT = `<?xml version="1.0"?><testsuites><testsuite name="pytest" tests="4">
<testcase classname="t.core" name="test_a[jsonrpc-A-1]" time="0.1" />
<testcase classname="t.core" name="test_b[B-2]" time="0.1"><failure message="assert 1 &lt; 0&#10;x">
at line</failure></testcase>
<testcase classname="t.core" name="test_c" time="0"><skipped type="s" message="no gRPC">x</skipped>
</testcase>
<testcase classname="t.core" name="test_d[D-4]" time="0"><error message="boom" /></testcase>
</testsuite></testsuites>`;

test('a report is read test by test', () => {
  deepEqual(
    testsIn(REPORT).map(({ name, outcome }) => [name, outcome]),
    [
      ['t.core::test_a[jsonrpc-A-1]', 'passed'],
      ['t.core::test_b[B-2]', 'failed'],
      ['t.core::test_c', 'skipped'],
      ['t.core::test_d[D-4]', 'failed'],
    ],
  );
});

test('a departure is told with its reason; other failures count, and stale departures', () => {
  const { failed, excepted, skipped, cases } = judged(testsIn(REPORT), [
    { test: 'B-2', why: 'by our ruling' },
    { test: 'A-1', why: 'it passes by now' },
  ]);
  deepEqual(failed, ['t.core::test_d[D-4]: boom', 'A-1 is named as a departure, and passes']);
  deepEqual(excepted, ['t.core::test_b[B-2]: by our ruling']);
  deepEqual(skipped, ['1: no gRPC']);
  deepEqual(cases, 3);
});
