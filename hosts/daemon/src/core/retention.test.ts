import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { daysLeft, growthPerDay, headroomWarning } from './headroom.ts';
import {
  boundedRetention,
  classOf,
  defaultRetention,
  firstCovering,
  readRetention,
  wrongUnder,
} from './retention.ts';
import { readSelector } from './selector.ts';

const GIB = 1024 ** 3;
const NOW = 1_800_000_000_000;
const HEX = 'ab'.repeat(32);

test('without a word in node.json everything but outputs is kept 30 days and 2 GiB', () => {
  const read = readRetention(undefined);
  assert.ok(read.ok);
  assert.deepEqual(read.value.content, { keep_days: 30, max_bytes: 2 * GIB });
  assert.equal(read.value.output.keep_days, 0);
});

test('a rule changes what it names and leaves the rest', () => {
  const read = readRetention({ content: { keep_days: 1 }, output: { max_bytes: 5 } });
  assert.ok(read.ok);
  assert.deepEqual(read.value.content, { keep_days: 1, max_bytes: 2 * GIB });
  assert.deepEqual(read.value.output, { keep_days: 0, max_bytes: 5 });
  assert.deepEqual(read.value.prompt, defaultRetention.prompt);
});

test('a rule that cannot be meant is refused with its place', () => {
  for (const rule of [
    [],
    7,
    null,
    { secret: {} },
    { __proto__x: {} },
    { content: 7 },
    { content: null },
    { content: { keep_days: -1 } },
    { content: { keep_days: 1.5 } },
    { content: { keep_days: '30' } },
    { content: { keep_days: 36_501 } },
    { content: { max_bytes: 2 ** 60 } },
    { content: { days: 30 } },
  ]) {
    const read = readRetention(rule);
    assert.ok(!read.ok && read.error.startsWith('/retention'), JSON.stringify(rule));
  }
});

test('what was decided on is evidence, whatever it was to the target', () => {
  assert.equal(classOf('model::invoke', false), 'prompt');
  assert.equal(classOf('net::fetch', false), 'body');
  assert.equal(classOf('fs::write', false), 'content');
  assert.equal(classOf('model::invoke', true), 'evidence');
});

test('the oldest go first, and no more of them than is needed', () => {
  const sizes = fc.array(fc.nat(1_000), { maxLength: 30 });
  fc.assert(
    fc.property(sizes, fc.nat(20_000), (bytes, excess) => {
      const all = bytes.map((sizeBytes) => ({ sizeBytes }));
      const chosen = firstCovering(all, excess);
      const sum = (some: readonly { sizeBytes: number }[]) =>
        some.reduce((total, each) => total + each.sizeBytes, 0);
      assert.deepEqual(chosen, all.slice(0, chosen.length));
      assert.ok(sum(chosen) >= excess || chosen.length === all.length);
      if (chosen.length > 0) assert.ok(sum(chosen.slice(0, -1)) < excess);
    }),
  );
});

test('a selector means what its terms say together', () => {
  const read = (...terms: string[]) => {
    const query = readSelector(terms, NOW);
    return query.ok ? query.value : query.error;
  };
  assert.deepEqual(read(`sha256:${HEX}`), { digestPrefix: `sha256:${HEX}` });
  assert.deepEqual(read('abababab'), { digestPrefix: 'sha256:abababab' });
  assert.deepEqual(read('request:sha256:abababab'), { requestPrefix: 'sha256:abababab' });
  assert.deepEqual(read('agent:agent://a/b', 'class:output', 'older:30d'), {
    agentId: 'agent://a/b',
    artifactClass: 'output',
    until: NOW - 30 * 86_400_000,
  });
  assert.deepEqual(read('older:2h'), { until: NOW - 7_200_000 });
});

test('a selector that could mean more than was said is refused', () => {
  const hostile = [
    [''],
    ['*'],
    ['%'],
    ['all'],
    ['abc'],
    ['sha256:'],
    ['sha256:abc'],
    ['SHA256:ABABABAB'],
    [`sha256:${HEX}00`],
    ['class:'],
    ['class:*'],
    ['class:constructor'],
    ['class:output;class:content'],
    ['agent:'],
    ['agent:%'],
    ["agent:agent://a' OR 1=1"],
    ['older:'],
    ['older:-1d'],
    ['older:1e9d'],
    ['older:0x1d'],
    ['older:999999d'],
    ['request:'],
    ['__proto__:1'],
    ['constructor:x'],
    ['class:output', 'class:content'],
    ['abababab', 'cdcdcdcd'],
    ['class:output\nolder:1d'],
    [7],
    [null],
    [],
  ];
  for (const terms of hostile) assert.equal(readSelector(terms, NOW).ok, false, String(terms));
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (terms) => {
      const read = readSelector(terms, NOW);
      assert.ok(!read.ok || Object.keys(read.value).length === terms.length);
    }),
  );
});

test('a disk that fills up is told of by what is left, its share, and the rate', () => {
  const disk = { freeBytes: 40 * GIB, totalBytes: 100 * GIB };
  assert.equal(headroomWarning(disk, 0), undefined);
  assert.match(String(headroomWarning({ ...disk, freeBytes: GIB }, 0)), /2 GiB/);
  assert.match(String(headroomWarning({ ...disk, freeBytes: 9 * GIB }, 0)), /10 %/);
  assert.equal(headroomWarning({ freeBytes: 60 * GIB, totalBytes: 2_000 * GIB }, 0), undefined);
  assert.match(String(headroomWarning(disk, 8 * GIB)), /full in 5 days/);
  assert.equal(headroomWarning(disk, 4 * GIB), undefined);
  assert.equal(daysLeft(disk, 0), undefined);
});

test('growth is told by the day, and one busy hour is no day of busy hours', () => {
  assert.equal(growthPerDay(700, 7 * 86_400_000), 100);
  assert.equal(growthPerDay(700, 3_600_000), 700);
});

test('no rule of the node goes further than an organisation lets it', () => {
  const bound = { content: { keep_days: 3 }, body: { max_bytes: 10 } };
  const held = boundedRetention(defaultRetention, bound);
  assert.deepEqual(held.content, { ...defaultRetention.content, keep_days: 3 });
  assert.deepEqual(held.body, { ...defaultRetention.body, max_bytes: 10 });
  assert.deepEqual(held.prompt, defaultRetention.prompt);
  assert.deepEqual(boundedRetention(held, { content: { keep_days: 9 } }).content, held.content);
  assert.match(wrongUnder(bound, 'content', defaultRetention.content) ?? '', /kept 3 days, not 30/);
  assert.match(wrongUnder(bound, 'body', defaultRetention.body) ?? '', /have 10 bytes/);
  assert.equal(wrongUnder(bound, 'content', held.content), undefined);
});
