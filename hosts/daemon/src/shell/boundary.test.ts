import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyCache } from '@ioi/law';
import type { Call } from '../core/index.ts';
import { writeContract } from '../testing/node-kit.ts';
import { Boundary, type BoundaryOptions } from './boundary.ts';
import { Events } from './events.ts';

const call = {
  requestHash: `sha256:${'1'.repeat(64)}`,
  intent: `sha256:${'2'.repeat(64)}`,
  request: { target: 'fs::write', context: { agent_id: 'agent://node/mcp' } },
  contract: writeContract,
} as unknown as Call;

test('a call that its client gave up still ends for whoever carried it', async () => {
  const refused = Promise.withResolvers<object>();
  const boundary = new Boundary({
    policies: policyCache(),
    events: new Events(),
    driverFor: () => undefined,
    isolationTier: 'mediated',
    edge: { secret: async () => undefined },
    writer: { submit: () => refused.promise },
    log: () => {},
  } as unknown as BoundaryOptions);
  const { signal } = new AbortController();
  const { answer, abandon } = boundary.submit(call, { signal }, {});
  abandon();
  refused.resolve({ ok: false, error: { code: 'writer.closed', message: 'closed' } });
  const ended = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 500))]);
  assert.ok(ended, 'it takes up no room any more');
});
