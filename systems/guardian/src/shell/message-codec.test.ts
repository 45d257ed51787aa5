import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHybridKey } from '@ioi/crypto/shell';
import type { ProposedOperation } from '@ioi/law';
import { signBatch } from '@ioi/law/testing';
import type { GuardianRequest } from '../core/index.ts';
import { decodeRequest, encodeRequest } from './message-codec.ts';

const LOG = { domain_id: 'agentgres://domain/test', origin: 'ioi.local/0f0f/test' };
const keys = [generateHybridKey(), generateHybridKey()];

function proposed(n: number): ProposedOperation {
  const operation_id = `op_${String(n).padStart(32, '0')}`;
  const authenticated_by = { kind: 'channel' as const };
  return { operation_id, operation: 'objects/put', authenticated_by, payload: { n } };
}

function asking(operations: readonly ProposedOperation[]): GuardianRequest {
  return { kind: 'prepare', domain: '', opening: 1, operations, payloads: { a: 'b' } };
}

test('a request comes out as it went in, and a signature of a batch goes once', () => {
  const batches = keys.map((key, at) =>
    signBatch(
      key,
      LOG,
      [1, 2, 3].map((n) => proposed(n + at)),
    ),
  );
  const [one = [], two = []] = batches;
  const mixed = [one[0], proposed(9), two[1], one[1], two[0], one[2]].filter((each) => !!each);
  const requests: GuardianRequest[] = [
    asking([]),
    asking([proposed(1)]),
    asking(mixed),
    { kind: 'status', domain: 'x' },
    { kind: 'seal', domain: '', opening: 1, batch: 2, commit: '{}' },
  ];
  for (const request of requests) {
    assert.deepEqual(decodeRequest(encodeRequest({ id: 5, request })), { id: 5, request });
  }
  const sizes = [1, 3].map((count) => {
    return encodeRequest({ id: 5, request: asking(one.slice(0, count)) }).length;
  });
  assert.ok((sizes[1] ?? 0) < 2 * (sizes[0] ?? 0));
});
