import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyId, verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { signBatch } from '../../testing/sign-batch.ts';
import {
  authenticator,
  type LogName,
  operationMessage,
  type PrincipalHead,
  principalKey,
} from './authenticate.ts';
import type { ProposedOperation } from './entry.ts';
import { HeadMap } from './heads.ts';

const LOG: LogName = { domain_id: 'agentgres://domain/test', origin: 'ioi.local/0f0f/test' };
const client = generateHybridKey();
const id = keyId(client.publicKey);
const check = authenticator(LOG, verifierRegistry());

function heads(operations: readonly string[] = ['objects/*']): HeadMap {
  const map = new HeadMap();
  const value: PrincipalHead = { public_key: client.publicKey, operations };
  map.apply([{ key: principalKey(id), value }]);
  return map;
}

function proposed(n: number): ProposedOperation {
  const operation_id = `op_${String(n).padStart(32, '0')}`;
  const authenticated_by = { kind: 'channel' as const };
  return { operation_id, operation: 'objects/put', authenticated_by, payload: { n } };
}

function message(operation: ProposedOperation, log = LOG): Uint8Array {
  const bytes = operationMessage(operation, log);
  assert.ok(bytes.ok);
  return bytes.value;
}

function signed(operation: ProposedOperation, log = LOG): ProposedOperation {
  const signature = signHybrid(client, 'SIG_DOMAIN_OPERATION', message(operation, log));
  return { ...operation, authenticated_by: { kind: 'signature', signature } };
}

const batched = (operations: readonly ProposedOperation[], log = LOG) =>
  signBatch(client, log, operations);

function refused(operation: ProposedOperation, view = heads()): void {
  const result = check(operation, view);
  assert.ok(!result.ok && result.error.code === 'operation.not_authentic');
}

test('an operation is held to the key that signed it', () => {
  const result = check(signed(proposed(1)), heads());
  assert.deepEqual(result, { ok: true, value: { kind: 'key', keyId: id } });
});

test('a signature is good for one operation of one domain', () => {
  const good = signed(proposed(1));
  refused({ ...good, payload: { n: 2 } });
  refused({ ...good, operation_id: proposed(2).operation_id });
  refused({ ...good, preconditions: [{ head_class: 'object.a', since: '0' }] });
  refused(signed(proposed(1), { ...LOG, domain_id: 'agentgres://domain/other' }));
});

test('a signature is good on one node: another may keep a domain of the same name', () => {
  const elsewhere = { ...LOG, origin: 'ioi.local/1e1e/test' };
  refused(signed(proposed(1), elsewhere));
  for (const each of batched([1, 2].map(proposed), elsewhere)) refused(each);
});

test('a key speaks only where it is known and for what it may', () => {
  refused(signed(proposed(1)), new HeadMap());
  refused(signed(proposed(1)), heads(['objects/define', 'governance/*']));
  assert.ok(check(signed(proposed(1)), heads(['objects/put'])).ok);
});

test('every operation of a signed batch is held to its key, and no other operation', () => {
  const batch = batched([1, 2, 3, 4, 5].map(proposed));
  for (const each of batch) assert.ok(check(each, heads()).ok);
  const [first, second] = batch;
  assert.ok(first && second);
  refused({ ...first, authenticated_by: second.authenticated_by });
  refused({ ...first, payload: { n: 9 } });
  const { authenticated_by: by } = first;
  assert.ok(by.kind === 'batch');
  refused({ ...first, authenticated_by: { ...by, size: 6 } });
  refused({ ...first, authenticated_by: { ...by, root: `sha256:${'0'.repeat(64)}` } });
});
