import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import * as fc from 'fast-check';
import { readEntry, richLog } from '../../testing/index.ts';
import { CommitCutter, type CutCommit, effectiveItems } from './commit-cutter.ts';
import { commitRanges, effectiveEntries } from './commits.ts';
import { COMMIT_OPERATION, DOMAIN_MODULE_HASH } from './entry.ts';

type Item = { readonly entry: LogEntry };

function entryAt(seq: number, payload: Record<string, unknown> | undefined): LogEntry {
  return {
    seq: String(seq),
    height: '0',
    chain_time: '0',
    operation_id: `op_${'0'.repeat(32)}`,
    operation: payload ? COMMIT_OPERATION : 'boundary/action.refuse',
    module_hash: DOMAIN_MODULE_HASH,
    authenticated_by: { kind: 'channel' },
    payload: payload ?? {},
    events: [],
  };
}

function commitAt(seq: number, first: number, recovered = false, voided: number[] = []): LogEntry {
  return entryAt(seq, {
    epoch: '0',
    first_seq: String(first),
    state_root: DOMAIN_MODULE_HASH,
    recovered,
    voided: voided.map((each) => ({ seq: String(each), code: 'stale' })),
  });
}

/** One batch, perhaps with a crash before its seal, perhaps with a crash of that recovery. */
const anyBatch = fc.record({ size: fc.integer({ min: 1, max: 3 }), crashes: fc.nat(2) });

/** A log as a writer leaves it. */
function logOf(batches: readonly { size: number; crashes: number }[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const { size, crashes } of batches) {
    const first = entries.length;
    for (let left = size; left > 0; left--) entries.push(entryAt(entries.length, undefined));
    entries.push(commitAt(entries.length, first));
    for (let crash = 1; crash <= crashes; crash++) {
      entries.push(commitAt(entries.length, first, true, [first]));
    }
  }
  return entries;
}

function cut(entries: readonly LogEntry[]): CutCommit<Item>[] | string {
  const cutter = new CommitCutter<Item>();
  const commits: CutCommit<Item>[] = [];
  for (const entry of entries) {
    const taken = cutter.take({ entry });
    if (!taken.ok) return taken.error.code;
    commits.push(...taken.value);
  }
  const last = cutter.finish();
  return last.ok ? [...commits, ...last.value] : last.error.code;
}

test('a recovery covers the whole unsealed tail, its commit entry included', () => {
  const entries = [
    entryAt(0, undefined),
    commitAt(1, 0),
    entryAt(2, undefined),
    entryAt(3, undefined),
    commitAt(4, 2),
    commitAt(5, 2, true, [3]),
  ];
  const ranges = commitRanges(entries);
  assert.ok(ranges.ok);
  assert.deepEqual(
    ranges.value.map(({ first, last }) => [first, last]),
    [
      [0, 1],
      [2, 5],
    ],
  );
  const last = ranges.value[1];
  assert.ok(last);
  assert.deepEqual(
    effectiveEntries(entries, last).map((entry) => entry.seq),
    ['2'],
  );
});

test('ranges of a part of the log count from where it begins', () => {
  const entries = [entryAt(7, undefined), commitAt(8, 7), entryAt(9, undefined), commitAt(10, 9)];
  const ranges = commitRanges(entries);
  assert.ok(ranges.ok);
  assert.deepEqual(
    ranges.value.map((range) => effectiveEntries(entries, range).map((entry) => entry.seq)),
    [['7'], ['9']],
  );
});

test('a log that ends inside a commit, or a commit from elsewhere, is refused', () => {
  const open = [entryAt(0, undefined), commitAt(1, 0), entryAt(2, undefined)];
  const [ranges, cutOff] = [commitRanges(open), cut(open)];
  assert.ok(!ranges.ok && ranges.error.code === 'log.open_end');
  assert.equal(cutOff, 'log.open_end');
  for (const first of [1, 3, 2 ** 53]) {
    const bad = [entryAt(0, undefined), entryAt(1, undefined), commitAt(2, first)];
    assert.ok(!commitRanges(bad).ok);
    assert.equal(cut(bad), 'log.bad_commit');
  }
});

test('reading forward cuts a log into the commits that reading backward does', () => {
  fc.assert(
    fc.property(fc.array(anyBatch, { maxLength: 40 }), (batches) => {
      const entries = logOf(batches);
      const ranges = commitRanges(entries);
      const commits = cut(entries);
      assert.ok(ranges.ok && typeof commits !== 'string');
      assert.deepEqual(
        commits.map((commit) => commit.range),
        ranges.value,
      );
      for (const [index, range] of ranges.value.entries()) {
        const commit: CutCommit<Item> | undefined = commits[index];
        assert.ok(commit);
        assert.deepEqual(
          effectiveItems(commit).map((item) => item.entry),
          effectiveEntries(entries, range),
        );
      }
    }),
  );
});

test('only a recovery reaches back over a commit, and not over what is long sealed', () => {
  const plain = [entryAt(0, undefined), commitAt(1, 0), entryAt(2, undefined), commitAt(3, 0)];
  assert.equal(cut(plain), 'log.bad_commit');
  const within = logOf(Array.from({ length: 16 }, () => ({ size: 1, crashes: 0 })));
  const reaching = (log: LogEntry[]) => cut([...log, commitAt(log.length, 0, true)]);
  assert.equal(reaching(within).length, 1);
  const beyond = logOf(Array.from({ length: 17 }, () => ({ size: 1, crashes: 0 })));
  assert.equal(reaching(beyond), 'log.bad_commit');
});

test('a commit without end does not grow without bound', () => {
  const endless = Array.from({ length: 8_192 }, (_, seq) => entryAt(seq, undefined));
  assert.equal(cut(endless), 'log.bad_commit');
});

test('a log with a recovered commit is cut where its writer cut it', () => {
  const entries = richLog().node.texts.map((text) => readEntry(text).entry);
  const ranges = commitRanges(entries);
  assert.ok(ranges.ok);
  const recovered = ranges.value.filter((range) => range.summary.recovered);
  assert.equal(recovered.length, 1);
  const [range] = recovered;
  assert.ok(range);
  assert.deepEqual(
    effectiveEntries(entries, range).map((entry) => entry.operation),
    ['boundary/action.decide'],
  );
  assert.equal(range.summary.voided.length, 1);
});
