import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeBase64, encodeHex } from '@ioi/basis';
import { parseCheckpoint, parseNote } from '@ioi/crypto';
import type { DomainsPage } from '@ioi/protocol';

/** How far a log is sealed, and under which root. */
export type SealedDomain = {
  readonly domainId: string;
  readonly size: number;
  readonly root: `sha256:${string}`;
};

const TIMEOUT_MS = 10_000;
/** A bridge is for a person's own tools: more domains would be more than one engine holds. */
const DOMAINS_MAX = 64;

/** What is sealed of every domain that is open, the node's own log first. */
export async function sealedDomains(socket: string): Promise<SealedDomain[]> {
  const page = (await getJson(socket, '/v1/domains')) as DomainsPage;
  return page.domains.slice(0, DOMAINS_MAX).flatMap(({ domain_id: domainId, note }) => {
    const parsed = parseNote(note);
    const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
    const root = checkpoint?.ok ? decodeBase64(checkpoint.value.root) : undefined;
    if (!checkpoint?.ok || root === undefined) return [];
    return [{ domainId, size: checkpoint.value.size, root: `sha256:${encodeHex(root)}` as const }];
  });
}

async function getJson(socketPath: string, path: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const asking = request(
    { socketPath, path, headers: { host: 'localhost' }, timeout: TIMEOUT_MS },
    (answer) => {
      text(answer).then((body) => {
        if (answer.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`the node answered ${answer.statusCode}`));
      }, reject);
    },
  );
  asking.on('timeout', () => asking.destroy(new Error('the node does not answer')));
  asking.on('error', reject);
  asking.end();
  return await promise;
}
