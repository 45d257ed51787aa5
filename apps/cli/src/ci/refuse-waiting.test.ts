import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { questionContract } from '@ioi/law';
import type { StartedNode } from '../shell/start-node.ts';
import type { PreApprovals } from './pre-approvals.ts';
import { RefuseWaiting } from './refuse-waiting.ts';

test('a question that was approved beforehand is denied, and others after it as well', async () => {
  const params = { question: 'Which?', choices: [], answer: '' };
  const request = { target: 'person::ask', params };
  const waiting = new Set(['one', 'two']);
  const guardian = {
    pending: async () =>
      [...waiting].map((request_hash) => ({ request_hash, request, contract: questionContract() })),
    approve: async () => {
      throw new Error('question.unanswered');
    },
    deny: async (hash: string) => void waiting.delete(hash),
  };
  const approvals = { take: () => ({ isApproved: true, keyIds: ['k'] }) };
  const node = { guardian, daemon: {} } as unknown as StartedNode;
  const refusing = new RefuseWaiting(node, '', approvals as unknown as PreApprovals);
  await until('nothing waits', () => waiting.size === 0);
  await refusing.stop();
  assert.deepEqual(refusing.used, []);
});
