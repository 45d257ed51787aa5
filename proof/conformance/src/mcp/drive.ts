import { behindNode } from './behind-node.ts';
import { type Given, playScenario } from './client-scenarios.ts';
import type { Revision } from './requirements.ts';

/**
 * The client that the official suite looks at: `drive.ts direct|gateway URL`. With `gateway` a node
 * stands between, so what the suite sees is the node's own requests.
 */
const [through, url = ''] = process.argv.slice(2);
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const revision = process.env['MCP_CONFORMANCE_PROTOCOL_VERSION'] as Revision;
const given = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Given;
const play = { scenario, revision, given };

if (through === 'direct') await playScenario(url, play);
else {
  const node = await behindNode('suite', url);
  try {
    await playScenario(node.url, play);
  } finally {
    await node.stop();
  }
}
