import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { whyNoPostgres } from '@ioi/agentgres/testing';
import { until } from '@ioi/basis/testing';
import type { StateRootProof } from '@ioi/protocol';
import { verifyRead } from '@ioi/verifier';
import { answering, ReplicaCluster, serving } from './replica-cluster.ts';

const skip = whyNoPostgres() ?? false;
const OPERATIONS = '/v1/domains/market.example/operations';
const noteAt = (id: string): string => `/v1/domains/market.example/objects/object.Note/${id}`;
let cluster: ReplicaCluster | undefined;
after(() => cluster?.remove());

/** A process and all that it started, and they. */
function family(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const own = existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ') : [];
  return [pid, ...own.filter((each) => each !== '').flatMap((each) => family(Number(each)))];
}

test('a node that stands by leaves nothing behind when it is killed', { skip }, async () => {
  cluster = await ReplicaCluster.start();
  const standing = cluster.two.start('up');
  const { pid = 0 } = standing;
  const all = await until('somebody waits for its turn', () => {
    const found = family(pid);
    const isWaiting = found.some((each) => {
      return readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('hosts/recovery/');
    });
    return isWaiting && found;
  });
  assert.ok(all.length > 1);
  standing.kill('SIGKILL');
  await until('all of it is gone', () => all.every((pid) => !existsSync(`/proc/${pid}`)));
});

test('nodes and a replica that the command started go on after the writer is killed', {
  skip,
}, async () => {
  cluster ??= await ReplicaCluster.start();
  const { one, two } = cluster;
  const reader = await cluster.replica('reader');
  const { child } = await serving(reader);
  await answering(reader);
  const bring = (body: unknown) => reader.ask('POST', OPERATIONS, { body });
  const named = await until('the writer hears the replica', async () => {
    const brought = await bring(cluster?.signed('first'));
    return brought.status === 201 ? brought : undefined;
  });
  assert.equal(named.headers['ioi-writer'], 'one');
  const proved = await until('it is read with its proof', async () => {
    const read = await reader.ask('GET', `${noteAt('first')}?proof=true`);
    return read.status === 200 ? read : undefined;
  });
  assert.ok(verifyRead(proved.body['proof'] as StateRootProof).ok);
  one.kill();
  const second = cluster.signed('second');
  const refused = await bring(second);
  assert.match(String(refused.body['code']), /^admission\.(no_writer|in_doubt)$/);
  const standing = two.start('up');
  const taken = await until(
    'another writes',
    async () => {
      const { status, headers, body } = await bring(second);
      const stands = body['code'] === 'operation.duplicate';
      return status === 201 || stands ? String(headers['ioi-writer']) : undefined;
    },
    60_000,
  );
  assert.equal(taken, 'two');
  assert.equal((await answering(reader, noteAt('second'))).status, 200);
  child.kill('SIGTERM');
  standing.kill('SIGTERM');
  await Promise.all([once(child, 'exit'), once(standing, 'exit')]);
});
