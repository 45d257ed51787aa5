import type { NodeProcess } from '@ioi/kit';
import { sleep } from './evidence.ts';

/** The export of a domain, or of the node's own log; waits for the cosignature of its end. */
export async function exportOf(node: NodeProcess, domain?: string): Promise<string> {
  const path = domain === undefined ? '/v1/export' : `/v1/domains/${domain}/export`;
  let exported = await node.api('GET', path);
  for (let again = 0; exported.status === 503 && again < 60; again += 1) {
    await sleep(50);
    exported = await node.api('GET', path);
  }
  return String(exported.body['text'] ?? JSON.stringify(exported.body));
}
