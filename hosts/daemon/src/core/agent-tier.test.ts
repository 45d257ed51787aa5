import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookAgentId, tierOfAgent } from './agent-tier.ts';

test('an agent that asks by its own hook is advisory, whatever holds the node', () => {
  assert.equal(tierOfAgent(hookAgentId('local/a5', 'codex'), 'separated'), 'advisory');
  for (const other of ['mcp', 'run/codex', 'run/hook/codex', 'mcp/hook/x', 'hook/x/y']) {
    assert.equal(tierOfAgent(`agent://local/a5/${other}`, 'mediated'), 'mediated', other);
  }
});
