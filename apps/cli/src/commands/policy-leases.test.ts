import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallAnswer } from '../demo/agent.ts';
import { NodeWithAgent } from '../testing/node-with-agent.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { PASSPHRASE } from '../testing/test-node.ts';

const own = new NodeWithAgent();
const { node } = own;
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const at = (name: string): string => join(node.workspace, name);

function replace(name: string): Promise<CallAnswer> {
  return own.agent.call('write_file', { path: at(name), content: `${Math.random()}` });
}

/** What a call comes to when the person, once asked, says this. */
async function answered(
  call: Promise<CallAnswer>,
  answer: 'approve' | 'deny',
): Promise<CallAnswer> {
  const { request_hash: hash } = await node.waiting();
  await node.guardian[answer](hash, PASSPHRASE);
  return call;
}

test('three approvals become a lease, which its owner signs', async () => {
  for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt']) writeFileSync(at(name), name);
  const none = await node.ioi('policy', 'leases');
  assert.match(none.stdout, /nothing that the active policy asks about was approved/);
  for (const name of ['a.txt', 'b.txt', 'c.txt']) await answered(replace(name), 'approve');
  await answered(replace('d.txt'), 'deny');

  const proposed = await node.ioi('policy', 'leases');
  assert.equal(proposed.code, 0, proposed.stderr);
  assert.match(proposed.stdout, /\+ ALLOW fs::write {2}lease_[0-9a-f]{12}/);
  assert.match(proposed.stdout, /3 approvals, asked for by ask_before_replacing/);
  assert.match(proposed.stdout, /denied, and asked about as before: \{"path":"\S+d\.txt"\}/);
  assert.match(proposed.stdout, /proved: nothing it allows is blocked today; nothing else changes/);
  const id = /lease_[0-9a-f]{12}/.exec(proposed.stdout)?.[0] ?? '';

  const out = join(node.folder, 'leased.json');
  const asked = ['--accept', id, '--out', out];
  const accepted = await node.ioi('policy', 'leases', ...asked, ...withPassphrase);
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(accepted.stderr, /This counts as widening: some requests go further/);
  assert.equal((await node.ioi('policy', 'test', out)).code, 0);
  assert.match(
    (await node.ioi('policy', 'show')).stdout,
    /ALLOW +fs::write {2}lease_\w+ {2}until 20\d\d-/,
  );
  const answer = await own.agent.call('write_file', { path: at('a.txt'), content: 'leased' });
  assert.equal(answer.isError, false);
  assert.equal(readFileSync(at('a.txt'), 'utf8'), 'leased');
  assert.deepEqual(await node.guardian.pending(), []);
  assert.equal((await answered(replace('d.txt'), 'deny')).isError, true);
});

test('a lease that is over is asked about again', async () => {
  const [here, there] = [at('b.txt'), at('e.txt')];
  const move = (source: string, destination: string) =>
    own.agent.call('move_file', { source, destination });
  await answered(move(here, there), 'approve');
  await answered(move(there, here), 'approve');
  await answered(move(here, there), 'approve');
  const { leases } = JSON.parse((await node.ioi('policy', 'leases', '--json')).stdout);
  assert.equal(leases.length, 1);
  const { rule_id: id } = leases[0].rule;
  const asked = ['--accept', id, '--for', '1s'];
  const accepted = await node.ioi('policy', 'leases', ...asked, ...withPassphrase);
  assert.equal(accepted.code, 0, accepted.stderr);
  // Chain Time is at most two seconds behind the clock by which the lease was made.
  await sleep(3000);
  assert.equal((await answered(move(there, here), 'deny')).isError, true);
  const shown = (await node.ioi('policy', 'leases')).stdout;
  assert.match(shown, /not proposed: fs::move, approved 3 times .*a request like these was denied/);
});

test('the log of it verifies elsewhere, and nothing else is accepted', async () => {
  const file = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  const verified = await runIoi(['verify', file], { env: { IOI_HOME: join(node.folder, 'no') } });
  assert.equal(verified.code, 0, verified.stdout);
  for (const flags of [
    ['--accept', 'lease_0'],
    ['--for', 'ever'],
    ['--for', '31d'],
    ['--calls', '0'],
    ['--min', '0'],
    ['--since', 'yesterday'],
  ]) {
    const { code } = await node.ioi('policy', 'leases', ...flags, ...withPassphrase);
    assert.equal(code, 2, flags.join(' '));
  }
});
