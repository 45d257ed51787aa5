import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndWorkerRun } from '@ioi/protocol';
import type { WorkerRunHead } from './heads.ts';
import { gateOfSeed, guestSeedOf, randomBytesOf, seedCommitOf } from './randomness.ts';

const of = { run_id: `run_${'1a'.repeat(16)}`, seed: '2b'.repeat(32) };

/**
 * As any program derives them: SHA-256 of RFC 8785 bytes, here written out. In Python,
 * `hashlib.sha256(b'{"block":0,"count":…}')` gives the same.
 */
async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(hash).toString('hex');
}

test('commitment, bytes and the seed of a guest are digests that others can work out', async () => {
  const { run_id, seed } = of;
  const tail = `"run_id":"${run_id}","seed":"${seed}"}`;
  const own = (use: string, more = ''): string =>
    [`{${more === '' ? '' : '"block":1,'}"derives":"ioi/${use}/1"${more}`, tail].join(',');
  assert.equal(seedCommitOf(of), `sha256:${await sha256(own('run-seed'))}`);
  assert.equal(guestSeedOf(of), await sha256(own('run-guest-random')));
  const bytes = Buffer.from(randomBytesOf(of, 7, 40));
  assert.equal(bytes.length, 40);
  const second = await sha256(own('run-random', ',"index":7'));
  assert.equal(bytes.subarray(32).toString('hex'), second.slice(0, 16));
});

test('each step, run and seed draws other bytes, and a shorter draw is their beginning', () => {
  const hex = (...given: Parameters<typeof randomBytesOf>) =>
    Buffer.from(randomBytesOf(...given)).toString('hex');
  const drawn = [
    hex(of, 0, 64),
    hex(of, 1, 64),
    hex({ ...of, run_id: `run_${'00'.repeat(16)}` }, 0, 64),
    hex({ ...of, seed: '00'.repeat(32) }, 0, 64),
  ];
  assert.equal(new Set(drawn).size, 4);
  assert.equal(drawn[0], hex(of, 0, 64));
  assert.equal(hex(of, 0, 5), drawn[0]?.slice(0, 10));
});

test('what is revealed is what was committed, and a completed run reveals it', () => {
  const run = { run_id: of.run_id, seed_commit: seedCommitOf(of) };
  const head = { run } as unknown as WorkerRunHead;
  const code = (ending: Partial<EndWorkerRun>, given = head) =>
    gateOfSeed(given, { run_id: of.run_id, acts: [], state: 'completed', ...ending })?.code;
  assert.equal(code({ seed: of.seed }), undefined);
  assert.equal(code({}), 'run.seed_not_revealed');
  assert.equal(code({ state: 'failed' }), undefined);
  assert.equal(code({ seed: '2c'.repeat(32) }), 'run.seed_wrong');
  assert.equal(code({ state: 'cancelled', seed: '2c'.repeat(32) }), 'run.seed_wrong');
  // A run of before there were seeds reveals none.
  const before = { run: { run_id: of.run_id } } as unknown as WorkerRunHead;
  assert.deepEqual(
    [code({}, before), code({ seed: of.seed }, before)],
    [undefined, 'run.seed_wrong'],
  );
});
