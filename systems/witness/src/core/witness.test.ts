import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddCheckpoint } from '@ioi/merkle';
import fc from 'fast-check';
import { LogKit } from '../testing/index.ts';
import { readSubmission, type WitnessedHead, witness } from './index.ts';

const kit = new LogKit();
const keys = [kit.noteKey];

function verdict(held: WitnessedHead | undefined, body: string, known = keys): string {
  const submission = readSubmission(body);
  if (!submission.ok) return submission.error.code;
  const accepted = witness({ keys: known, held }, submission.value);
  return accepted.ok ? 'cosigned' : accepted.error.code;
}

function headAt(size: number, history = '', fork = 0): WitnessedHead {
  return kit.checkpoint(kit.leaves(size, history, fork));
}

test('a log is cosigned from its first checkpoint on, and again where it stands', () => {
  assert.equal(verdict(undefined, kit.request(kit.leaves(5), 0)), 'cosigned');
  assert.equal(verdict(headAt(5), kit.request(kit.leaves(9), 5)), 'cosigned');
  assert.equal(verdict(headAt(9), kit.request(kit.leaves(9), 9)), 'cosigned');
  assert.equal(verdict(undefined, kit.request([], 0)), 'cosigned');
  assert.equal(verdict(headAt(0), kit.request(kit.leaves(3), 0)), 'cosigned');
});

test('a size that is not the last one cosigned is answered with that', () => {
  const submission = readSubmission(kit.request(kit.leaves(9), 4));
  assert.ok(submission.ok);
  const refused = witness({ keys, held: headAt(7) }, submission.value);
  assert.ok(!refused.ok);
  assert.deepEqual(
    { code: refused.error.code, size: refused.error.size },
    { code: 'witness.other_size', size: 7 },
  );
  assert.equal(verdict(undefined, kit.request(kit.leaves(9), 4)), 'witness.other_size');
  assert.equal(verdict(headAt(7), kit.request(kit.leaves(6), 6)), 'witness.other_size');
  assert.equal(verdict(headAt(7), kit.request(kit.leaves(6), 7)), 'witness.bad_old_size');
});

test('another history is not cosigned, at the same size or a larger one', () => {
  const other = kit.leaves(9, 'other', 3);
  assert.equal(verdict(headAt(9), kit.request(other, 9)), 'witness.other_root');
  assert.equal(verdict(headAt(5), kit.request(other, 5)), 'witness.inconsistent');
  assert.equal(verdict(headAt(3), kit.request(other, 3)), 'cosigned');
});

test('a proof where there is nothing to prove, or none where there is, is no proof', () => {
  const [hash] = kit.leaves(1) as [Uint8Array];
  const body = (size: number, oldSize: number, proof: Uint8Array[]): string =>
    formatAddCheckpoint({ oldSize, proof, checkpoint: kit.note(kit.leaves(size)) });
  assert.equal(verdict(undefined, body(5, 0, [hash])), 'witness.inconsistent');
  assert.equal(verdict(headAt(5), body(5, 5, [hash])), 'witness.inconsistent');
  assert.equal(verdict(headAt(5), body(9, 5, [])), 'witness.inconsistent');
});

test('only a log that is known, by a key of its own, is looked at', () => {
  const stranger = new LogKit();
  const submission = readSubmission(kit.request(kit.leaves(5), 0));
  assert.ok(submission.ok);
  const unknown = witness(undefined, submission.value);
  assert.equal(unknown.ok ? '' : unknown.error.code, 'witness.unknown_log');
  const body = stranger.request(stranger.leaves(5), 0);
  assert.equal(verdict(undefined, body), 'witness.not_signed');
  // Who is not the log learns nothing of what is held.
  assert.equal(verdict(headAt(9), body), 'witness.not_signed');
});

test('what is no request is refused before anything else is looked at', () => {
  const good = kit.request(kit.leaves(5), 0);
  const hostile = [
    '',
    good.slice(1),
    good.replace('old 0', 'old -1'),
    good.replace('old 0', 'old 00'),
    good.replace('\n5\n', '\n5 \n'),
    good.slice(0, -1),
    `${good}\n`,
    good.replace('log.example/1\n5', 'log.example/1\n5\nextension'),
    `old 0\n${'AAAA\n'.repeat(64)}\n${kit.note(kit.leaves(5))}`,
  ];
  for (const body of hostile) assert.equal(verdict(undefined, body), 'witness.malformed', body);
});

test('whatever is asked in whatever order, one history is cosigned and it only grows', () => {
  const histories = ['', 'b', 'c'];
  const asked = fc.record({
    history: fc.constantFrom(...histories),
    fork: fc.nat(12),
    size: fc.nat(24),
    oldSize: fc.nat(24),
  });
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 40 }), (requests) => {
      let held: WitnessedHead | undefined;
      const cosigned: { size: number; leaves: Uint8Array[] }[] = [];
      for (const { history, fork, size, oldSize } of requests) {
        const leaves = kit.leaves(size, history, fork);
        // Every second request knows what the witness holds, as an honest log does.
        const from = oldSize % 2 === 0 ? (held?.size ?? 0) : oldSize;
        if (verdict(held, kit.request(leaves, from)) !== 'cosigned') continue;
        held = kit.checkpoint(leaves);
        cosigned.push({ size, leaves });
      }
      cosigned.slice(1).forEach(({ size, leaves }, at) => {
        const before = cosigned[at];
        assert.ok(before && before.size <= size);
        assert.deepEqual(leaves.slice(0, before.size), before.leaves);
      });
    }),
    { numRuns: 60 },
  );
});
