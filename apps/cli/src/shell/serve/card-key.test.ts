import assert from 'node:assert/strict';
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { canonicalJson } from '@ioi/canon';
import type { InstalledWorkerDetail } from '@ioi/protocol';
import type { A2aAgent } from './a2a-agent.ts';
import { A2aServer } from './a2a-server.ts';
import { CardKey } from './card-key.ts';
import { ServedDetail } from './served-detail.ts';

const SCHEMAS = { input_schema: { type: 'string' }, output_schema: {} };
const LATER_MS = 10_000;

function detailOf(version: string, ...tasks: readonly string[]): InstalledWorkerDetail {
  const manifest = { id: 'ai://one', version, authority: 'key', about: 'Says é.' };
  return {
    worker: { state: 'installed', manifest_hash: `sha256:${version}` },
    manifest: { ...manifest, tasks: tasks.map((name) => ({ name, ...SCHEMAS })) },
  } as unknown as InstalledWorkerDetail;
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-card-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

type Bed = {
  readonly key: CardKey;
  readonly told: { detail: InstalledWorkerDetail | undefined };
  readonly card: (version?: string) => Promise<Record<string, unknown>>;
  readonly jwk: () => Promise<Record<string, string>>;
  readonly etag: () => Promise<string | null>;
};

async function serve(t: TestContext, url?: string): Promise<Bed> {
  const key = CardKey.at(join(folderFor(t), 'card.key'));
  const told: Bed['told'] = { detail: detailOf('1.0.0', 'say') };
  const served = new ServedDetail(detailOf('1.0.0', 'say'), async () => {
    if (told.detail === undefined) throw new Error('the node does not answer');
    return told.detail;
  });
  const agent = {} as A2aAgent;
  const server = new A2aServer({ agent, name: 'one', token: 'token', served, key, url });
  const port = await freePort();
  await server.listen(port);
  t.after(() => server.close());
  const at = (path: string, version: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'a2a-version': version } });
  const card = '/.well-known/agent-card.json';
  return {
    ...{ key, told },
    card: async (version = '1.0') => (await (await at(card, version)).json()) as never,
    jwk: async () => {
      const { keys } = (await (await at('/.well-known/jwks.json', '1.0')).json()) as never;
      return keys[0];
    },
    etag: async () => (await at(card, '1.0')).headers.get('etag'),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

test('a card is signed, as the official client checks it in both revisions', async (t) => {
  const { card, jwk, key } = await serve(t);
  const asked: string[] = [];
  const verifier = verifyAgentCardSignature(async (kid, jku) => {
    asked.push(kid, new URL(jku ?? '').pathname);
    return jwk();
  });
  t.mock.method(console, 'debug', () => {});
  // As it came: one that it parsed itself has lost its schemes to the library.
  const verify = (given: object) => verifier(given as AgentCard);
  const newer = await card();
  await verify(newer);
  await verify(await card('0.3'));
  assert.deepEqual(asked.slice(0, 2), [key.kid, '/.well-known/jwks.json']);
  const name = 'another';
  await assert.rejects(verify({ ...newer, name }));
  const { capabilities } = newer as { capabilities: { extensions: object[] } };
  const params = { id: 'ai://one', version: '1.0.1', authority: 'key', manifest_hash: 'sha256:1' };
  const extensions = [{ ...capabilities.extensions[0], params }];
  const other = { ...newer, capabilities: { ...capabilities, extensions } };
  await assert.rejects(verify(other), 'nor is it another worker');
});

test('all of a card is signed as it was sent, by what is in its set of keys', async (t) => {
  const { card, jwk } = await serve(t);
  const key = createPublicKey({ key: (await jwk()) as never, format: 'jwk' });
  const check = (about: object, by: { protected: string; signature: string } | undefined) => {
    const text = canonicalJson(about as never);
    assert.ok(text.ok && by);
    const signed = `${by.protected}.${Buffer.from(text.value).toString('base64url')}`;
    const given = { key, dsaEncoding: 'ieee-p1363' } as const;
    const bytes = Buffer.from(by.signature, 'base64url');
    return verifySignature('sha256', Buffer.from(signed), given, bytes);
  };
  for (const [version, at] of [
    ['1.0', 0],
    ['0.3', -1],
  ] as const) {
    const { signatures, ...said } = await card(version);
    const own = (signatures as Parameters<typeof check>[1][]).at(at);
    assert.ok(check(said, own));
    assert.ok(!check({ ...said, securitySchemes: {} }, own));
  }
});

test('where it stands in a folder of a host, its set of keys is beside its card', async (t) => {
  for (const [url, beside] of [
    ['https://host.example/agents/one/', 'https://host.example/agents/one/.well-known/jwks.json'],
    ['https://host.example/', 'https://host.example/.well-known/jwks.json'],
  ] as const) {
    const { signatures } = await (await serve(t, url)).card();
    for (const { protected: header } of signatures as { protected: string }[]) {
      assert.equal(JSON.parse(Buffer.from(header, 'base64url').toString()).jku, beside);
    }
  }
});

test('a card that another key signed is not taken for the one before', async (t) => {
  const url = 'https://host.example/';
  const [one, other] = [await serve(t, url), await serve(t, url)];
  const etag = await one.etag();
  assert.match(etag ?? '', /^W\//, 'its signatures are other bytes each time');
  assert.notEqual(await other.etag(), etag);
});

test('an update of the worker is on its card; a node that is away changes nothing', async (t) => {
  const { card, etag, told } = await serve(t);
  const before = await etag();
  assert.equal(await etag(), before, 'signed again it is the same card');
  told.detail = detailOf('2.0.0', 'say', 'shout');
  assert.equal((await card())['version'], '1.0.0', 'it is not asked for again at once');
  const now = performance.now();
  const clock = t.mock.method(performance, 'now', () => now + LATER_MS);
  const updated = await card();
  assert.equal(updated['version'], '2.0.0');
  assert.match(JSON.stringify(updated['capabilities']), /sha256:2\.0\.0/);
  assert.equal((updated['skills'] as object[]).length, 2);
  assert.notEqual(await etag(), before);
  told.detail = undefined;
  clock.mock.mockImplementation(() => now + 2 * LATER_MS);
  assert.equal((await card())['version'], '2.0.0');
});

test('the key of cards is the same at every start, and no other thing is taken for one', (t) => {
  const file = join(folderFor(t), 'card.key');
  const { kid } = CardKey.at(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(CardKey.at(file).kid, kid);
  writeFileSync(file, 'no key');
  assert.throws(() => CardKey.at(file), /is no key of P-256: remove it/);
});
