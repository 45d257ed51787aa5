import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { generateHybridKey } from '@ioi/crypto/shell';
import { AskPipe } from '@ioi/frames/shell';
import { GuardianStore, Vault } from '@ioi/guardian/shell';
import { readTargets } from '@ioi/wallet';
import { EdgeLine, edgeSend } from '@ioi/wallet/client';
import { type Consent, Egress, serveLine, vaultOver } from '@ioi/wallet/shell';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

// What the official conformance suite starts as a client: `auth-driver.ts URL`. The client speaks
// MCP and knows nothing of authorization; the edge, with the guardian's vault behind it, does all
// of it. The suite's authorization server says yes by itself, so the person is a function.

const SERVER = 'conformance';
const STATELESS = '2026-07-28';
/** What the suite expects where a client has a metadata document. */
const CLIENT_METADATA = 'https://conformance-test.local/client-metadata.json';

const consent: Consent = {
  redirectUrl: 'http://127.0.0.1:8765/callback',
  async ask(url) {
    const answer = await fetch(url, { redirect: 'manual' });
    await answer.body?.cancel();
    return new URL(answer.headers.get('location') ?? '', url).searchParams;
  },
};

function openVault(folder: string, origin: string): Vault {
  const { client_id, client_secret } = contextGiven();
  const registered = client_id === undefined ? {} : { client_id, client_secret };
  const grant = { client_metadata_url: CLIENT_METADATA, ...registered };
  const { vault: anchor } = new GuardianStore(join(folder, 'guardian.db'));
  const now = (): bigint => BigInt(Date.now());
  const readClock = () => ({ monotonic: now(), wall: now() });
  const sealKey = generateHybridKey();
  const vault = new Vault({ folder, sealKey, anchor, chainTime: now, readClock });
  const secret = JSON.stringify(grant);
  vault.put({ name: SERVER, kind: 'oauth', bound_to: { server: SERVER, origin }, secret });
  return vault;
}

function contextGiven(): { client_id?: string; client_secret?: string } {
  return JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}');
}

async function run(url: string): Promise<void> {
  const targets = readTargets([{ server: SERVER, url, credential: SERVER }]);
  const [target] = targets ?? [];
  if (targets === undefined || target === undefined) throw new Error(`${url} gets no credential`);
  const folder = mkdtempSync(join(tmpdir(), 'ioi-auth-'));
  const vault = openVault(folder, target.origin);
  const [guardianEnd, edgeEnd] = duplexPair();
  new AskPipe(guardianEnd, async (body) => vault.answer(body));
  const pipe = new AskPipe(edgeEnd, async () => ({ kind: 'done' }));
  const egress = new Egress({ targets, vault: vaultOver(pipe), now: Date.now, consent });
  const [daemonEnd, lineEnd] = duplexPair();
  serveLine(lineEnd, egress.carry);
  const line = new EdgeLine(daemonEnd);
  try {
    await speak(url, edgeSend(line, SERVER));
  } finally {
    line.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function speak(url: string, send: ReturnType<typeof edgeSend>): Promise<void> {
  const version = process.env['MCP_CONFORMANCE_PROTOCOL_VERSION'] ?? '';
  const mode = version === STATELESS ? { pin: STATELESS } : 'legacy';
  const client = new Client(
    { name: 'ioi-auth-driver', version: '0.1.0' },
    { versionNegotiation: { mode } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: send });
  await client.connect(transport);
  const { tools } = await client.listTools();
  for (const { name } of tools) await client.callTool({ name, arguments: {} });
  await client.close();
}

await run(process.argv.at(-1) ?? '');
process.exit(0);
