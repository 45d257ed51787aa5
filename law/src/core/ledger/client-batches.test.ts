import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyId, verifierRegistry } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import type { LogEntry } from '@ioi/protocol';
import { signBatch } from '../../testing/sign-batch.ts';
import { authenticator, type LogName, principalKey } from './authenticate.ts';
import { ClientBatches } from './client-batches.ts';
import type { ProposedOperation } from './entry.ts';
import { HeadMap } from './heads.ts';

type By = LogEntry['authenticated_by'];

const LOG: LogName = { domain_id: 'agentgres://domain/test', origin: 'ioi.local/0f0f/test' };
const client = generateHybridKey();
const author = { ok: true, value: { kind: 'key', keyId: keyId(client.publicKey) } };
const check = authenticator(LOG, verifierRegistry());

function heads(): HeadMap {
  const map = new HeadMap();
  const key = principalKey(keyId(client.publicKey));
  map.apply([{ key, value: { public_key: client.publicKey, operations: ['objects/*'] } }]);
  return map;
}

function proposed(n: number): ProposedOperation {
  const operation_id = `op_${String(n).padStart(32, '0')}`;
  const authenticated_by = { kind: 'channel' as const };
  return { operation_id, operation: 'objects/put', authenticated_by, payload: { n } };
}

/** As a commit from entry 7 on stores them, one after the other. */
function stored(brought: readonly ProposedOperation[], batches = new ClientBatches()) {
  return brought.map((operation, at) => {
    const authenticated_by = batches.asStored(operation.authenticated_by);
    batches.note({ seq: String(7 + at), authenticated_by });
    return { ...operation, authenticated_by };
  });
}

function noted(operations: readonly ProposedOperation[]): ClientBatches {
  const batches = new ClientBatches();
  operations.forEach(({ authenticated_by }, at) => {
    batches.note({ seq: String(7 + at), authenticated_by });
  });
  return batches;
}

test('of a batch the first entry of a commit has the signature, the others name it', () => {
  const [one, two, three] = signBatch(client, LOG, [1, 2, 3].map(proposed));
  const [other] = signBatch(client, LOG, [proposed(4)]);
  assert.ok(one && two && three && other);
  const all = stored([one, other, two, three]);
  const kinds = all.map(({ authenticated_by: by }) => [
    by.kind,
    by.kind === 'batch_member' ? by.signed_seq : '',
  ]);
  const members = [
    ['batch_member', '7'],
    ['batch_member', '7'],
  ];
  assert.deepEqual(kinds, [['batch', ''], ['batch', ''], ...members]);
  const over = noted(all).over(check);
  for (const each of all) assert.deepEqual(over(each, heads()), author);
});

test('an entry that names a signature is held to the key as if it had it itself', () => {
  const brought = signBatch(client, LOG, [1, 2, 3].map(proposed));
  const [first, second, third] = stored(brought);
  assert.ok(first && second && third && second.authenticated_by.kind === 'batch_member');
  const by = second.authenticated_by;
  const elsewhere = stored(signBatch(client, LOG, [proposed(5)]));
  const forged: [ProposedOperation, ClientBatches][] = [
    [{ ...second, payload: { n: 9 } }, noted([first])],
    [{ ...second, operation_id: proposed(9).operation_id }, noted([first])],
    [{ ...second, authenticated_by: { ...by, index: 2 } }, noted([first])],
    [{ ...second, authenticated_by: { ...by, path: by.path.slice(1) } }, noted([first])],
    [{ ...second, authenticated_by: { ...by, signed_seq: '8' } }, noted([first, second])],
    [{ ...second, authenticated_by: third.authenticated_by }, noted([first])],
    [second, noted([])],
    [second, noted(elsewhere)],
  ];
  for (const [operation, batches] of forged) {
    const result = batches.over(check)(operation, heads());
    assert.ok(!result.ok && result.error.code === 'operation.not_authentic');
  }
  assert.ok(noted([first]).over(check)(second, heads()).ok);
  assert.ok(!noted([first]).over(check)(second, new HeadMap()).ok);
});

test('what is brought has its signature: naming one vouches for nothing', () => {
  const [, second] = stored(signBatch(client, LOG, [1, 2].map(proposed)));
  assert.ok(second?.authenticated_by.kind === 'batch_member');
  const result = check(second, heads());
  assert.ok(!result.ok && result.error.code === 'operation.not_authentic');
});

test('only the very same batch is named: another root or size has its own signature', () => {
  const [first] = signBatch(client, LOG, [1, 2].map(proposed));
  assert.ok(first?.authenticated_by.kind === 'batch');
  const by = first.authenticated_by;
  const batches = noted([first]);
  const others: By[] = [
    { ...by, size: 3 },
    { ...by, root: `sha256:${'0'.repeat(64)}` },
    { ...by, signature: { ...by.signature, ed25519: by.signature.ml_dsa_44 } },
  ];
  for (const other of others) assert.deepEqual(batches.asStored(other), other);
  assert.equal(batches.asStored(by).kind, 'batch_member');
});
