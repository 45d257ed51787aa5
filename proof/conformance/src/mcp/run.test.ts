import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { compare } from './compare.ts';
import { REVISIONS, type Revision, type Role } from './requirements.ts';
import { runScenario } from './run-scenario.ts';
import { runSet } from './run-set.ts';
import { startFixture } from './started.ts';

/** The short form of `npm run conformance -- mcp`. */
const FEW: Readonly<Record<Role, Readonly<Record<Revision, readonly string[]>>>> = {
  server: {
    '2025-11-25': ['server-initialize', 'tools-call-elicitation', 'resources-subscribe'],
    '2026-07-28': ['server-stateless', 'input-required-result-multi-round', 'caching'],
  },
  client: {
    '2025-11-25': ['elicitation-sep1034-client-defaults'],
    '2026-07-28': ['sep-2322-client-request-state'],
  },
};

for (const revision of REVISIONS) {
  for (const role of ['server', 'client'] as const) {
    test(`${role} scenarios of ${revision} see no node`, { timeout: 290_000 }, async () => {
      const few = FEW[role][revision];
      const { scored, unplayed } = await runSet(revision, role, (each) => few.includes(each));
      assert.deepEqual(scored.lost, []);
      assert.deepEqual(unplayed, []);
      assert.ok(scored.held >= few.length, `${scored.held} checks held without the node`);
    });
  }
}

test('what the node between loses, is told apart from what nobody has', async () => {
  const fixture = await startFixture('2025-11-25');
  const deaf = createServer((_request, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  const nowhere = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/mcp`;
  const run = { role: 'server', revision: '2025-11-25', scenario: 'ping' } as const;
  try {
    const direct = await runScenario({ ...run, target: fixture.url });
    const lost = await runScenario({ ...run, target: nowhere });
    assert.ok(compare('ping', direct, lost).lost.length > 0);
    assert.deepEqual(compare('ping', direct, direct).lost, []);
    const neither = compare('ping', lost, lost);
    assert.equal(neither.lost.length, 0);
    assert.ok(neither.neither.length > 0);
  } finally {
    fixture.stop();
    deaf.close();
  }
});
