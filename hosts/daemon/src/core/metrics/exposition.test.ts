import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition, type Family, formatAsked } from './exposition.ts';
import { Histogram } from './histogram.ts';

const FAMILIES: readonly Family[] = [
  {
    name: 'a_total',
    kind: 'counter',
    help: 'A "b"\\c\nd.',
    samples: [{ labels: { of: 'x"y\\z\n' }, value: 2 }],
  },
  { name: 'b_info', kind: 'info', help: 'B.', samples: [{ labels: { v: '1' }, value: 1 }] },
  { name: 'c', kind: 'gauge', help: 'C.', samples: [{ value: Number.POSITIVE_INFINITY }] },
  { name: 'd', kind: 'gauge', help: 'D.', samples: [] },
];

test('families are written as a Prometheus server reads them', () => {
  const lines = [
    '# HELP a_total A "b"\\\\c\\nd.',
    '# TYPE a_total counter',
    'a_total{of="x\\"y\\\\z\\n"} 2',
    '# HELP b_info B.',
    '# TYPE b_info gauge',
    'b_info{v="1"} 1',
    '# HELP c C.',
    '# TYPE c gauge',
    'c +Inf',
    '# HELP d D.',
    '# TYPE d gauge',
  ];
  assert.equal(exposition(FAMILIES, 'prometheus'), `${lines.join('\n')}\n`);
});

test('OpenMetrics names families without the ending of their samples, and ends', () => {
  const text = exposition(FAMILIES, 'openmetrics');
  assert.match(text, /^# HELP a A \\"b\\"\\\\c\\nd\.\n# TYPE a counter\na_total\{/);
  assert.match(text, /# TYPE b info\nb_info\{v="1"\} 1\n/);
  assert.ok(text.endsWith('# TYPE d gauge\n# EOF\n'));
});

test('OpenMetrics is for whoever likes it best', () => {
  const accepted: readonly [string | undefined, string][] = [
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/plain;version=0.0.4', 'prometheus'],
    ['application/openmetrics-text; version=1.0.0', 'openmetrics'],
    ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*;q=0.1', 'openmetrics'],
    ['application/openmetrics-text;q=0.2,text/plain;version=0.0.4;q=0.5', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
  ];
  for (const [accept, format] of accepted) assert.equal(formatAsked(accept), format, accept ?? '');
});

test('a histogram counts in each bucket all that took no longer', () => {
  const histogram = new Histogram();
  for (const milliseconds of [0.1, 0.3, 3, 3, 10_000, 10_001, -1]) histogram.saw(milliseconds);
  const samples = histogram.samples();
  const at = (le: string) => samples.find(({ labels }) => labels?.['le'] === le)?.value;
  assert.deepEqual(
    ['0.0001', '0.00025', '0.0005', '0.0025', '0.005', '5', '10', '+Inf'].map(at),
    [2, 2, 3, 3, 5, 5, 6, 7],
  );
  const [sum, count] = samples.slice(-2);
  assert.deepEqual([sum?.suffix, count?.suffix, count?.value], ['_sum', '_count', 7]);
  assert.ok(Math.abs((sum?.value ?? 0) - 20.0074) < 1e-9);
});
