import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRuntimeToolContract } from '@ioi/protocol';
import { draftContract } from './draft-contract.ts';

test('a draft is a contract, and the most careful one', () => {
  const schema_hash = `sha256:${'0a'.repeat(32)}`;
  const draft = draftContract({ server: 'mail', tool: 'send', input_schema: {}, schema_hash });
  assert.ok(isRuntimeToolContract(draft));
  assert.deepEqual([draft.risk_class, draft.effect], ['high', 'at_most_once']);
  assert.deepEqual([draft.target, draft.schema_hash], ['mcp::mail::send', schema_hash]);
});
