import { until } from '@ioi/basis/testing';
import type { NodeProcess } from '@ioi/kit';

/** The export of a domain, or of the node's own log; waits for the cosignature of its end. */
export async function exportOf(node: NodeProcess, domain?: string): Promise<string> {
  const path = domain === undefined ? '/v1/export' : `/v1/domains/${domain}/export`;
  const exported = await until('its end is cosigned', async () => {
    const answer = await node.api('GET', path);
    return answer.status !== 503 && answer;
  });
  return String(exported.body['text'] ?? JSON.stringify(exported.body));
}
