import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { GatewayNode } from '@ioi/kit';
import { type Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { behindNode } from './behind-node.ts';
import { officialClient } from './client-scenarios.ts';
import { OWN, PLAIN } from './features.ts';
import { REVISIONS, type Revision } from './requirements.ts';
import { type Started, startFixture } from './started.ts';

const ASKED = 'mcp::fixture::test_multiple_content_types';

async function connected(url: string, revision: Revision): Promise<Client> {
  const client = officialClient(revision);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** Fields that one revision has and the other has not, and what the node says of itself. */
const OF_THE_ERA = ['_meta', 'resultType', 'ttlMs', 'cacheScope', 'execution'];

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, each) => (OF_THE_ERA.includes(key) ? undefined : each)),
  );
}

/** Without the node, the server is asked by a client of its own revision. */
for (const served of REVISIONS) {
  describe(`a server of ${served}`, () => {
    let fixture: Started;
    let node: GatewayNode;
    let direct: Client;

    before(async () => {
      fixture = await startFixture(served);
      node = await behindNode('fixture', fixture.url, [ASKED]);
      direct = await connected(fixture.url, served);
    });
    after(async () => {
      await direct.close();
      await node.stop();
      fixture.stop();
    });

    for (const spoken of REVISIONS) {
      describe(`to a client of ${spoken}`, () => {
        let through: Client;
        before(async () => {
          through = await connected(node.url, spoken);
        });
        after(() => through.close());

        for (const [name, feature] of Object.entries({ ...PLAIN, ...OWN[served] })) {
          test(name, { timeout: 120_000 }, async () => {
            const expected = plain(await feature(direct, served));
            assert.deepEqual(plain(await feature(through, spoken)), expected);
          });
        }
      });
    }
  });
}
