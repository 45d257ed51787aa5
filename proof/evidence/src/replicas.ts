import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { bringThroughDeaths, ReplicaKit } from '@ioi/daemon/testing';
import type { Evidence, Progress } from './evidence.ts';

export type ReplicasOptions = { readonly deaths: number; readonly onProgress?: Progress };

/** What may be answered instead of an acknowledgement, while nobody writes. */
const KNOWN = ['admission.in_doubt', 'admission.no_writer'];

/**
 * Clients of a replica, over a real PostgreSQL, whose writer dies behind its seal again and again:
 * what was acknowledged stands in the log in the end, once.
 */
export async function runReplicas({ deaths, onProgress }: ReplicasOptions): Promise<Evidence> {
  const missing = whyNoPostgres();
  if (missing !== undefined) throw new Error(`there is no store to test with: ${missing}`);
  const server = await PostgresServer.start();
  const kit = await ReplicaKit.start(server, 'replicas');
  try {
    await kit.listen();
    await kit.roster('1', ['reader']);
    const replica = await kit.replica('reader');
    const { acknowledged, codes } = await bringThroughDeaths(kit, replica, deaths, (done) => {
      onProgress?.(done, deaths, 'deaths of a writer that a replica brings operations to');
    });
    const sealed = await kit.idsSealed();
    const standing = new Set(sealed);
    const lost = [...acknowledged].filter((id) => !standing.has(id));
    const twice = sealed.filter((id, at) => sealed.indexOf(id) !== at);
    const strange = [...codes].filter(
      (code) => !KNOWN.includes(code) && code !== 'domain.not_open',
    );
    return {
      findings: [
        ...lost.map((id) => `${id} was acknowledged through a replica, and lost`),
        ...twice.map((id) => `${id} stands more than once`),
        ...strange.map((code) => `${code} was answered by a replica`),
      ],
      counts: {
        deaths,
        brought: acknowledged.size,
        brought_lost: lost.length,
        brought_twice: twice.length,
      },
    };
  } finally {
    await kit.close();
    await server.remove();
  }
}
