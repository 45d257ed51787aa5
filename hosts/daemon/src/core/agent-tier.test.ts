import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookAgentId, tierOfAgent } from './agent-tier.ts';

test('an agent that asks by its own hook is advisory, whatever holds the node', () => {
  assert.equal(tierOfAgent(hookAgentId('n', 'codex'), 'separated'), 'advisory');
  for (const other of ['agent://n/mcp', 'agent://n/run/hook/codex', 'agent://n/mcp/hook/x']) {
    assert.equal(tierOfAgent(other, 'mediated'), 'mediated', other);
  }
});
