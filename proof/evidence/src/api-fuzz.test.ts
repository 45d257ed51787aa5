import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LogEntry, LogPage } from '@ioi/protocol';
import { BusyWorld } from './api-fuzz.ts';

const REQUESTS = 1000;
const SEED = 1;

let world: BusyWorld;

before(async () => {
  world = await BusyWorld.open(SEED);
});

after(async () => {
  const { findings } = await world.close();
  assert.deepEqual(findings, []);
});

/** Nobody opened a run or installed anything, and no organisation bounds the node. */
const NOT_THERE =
  /^\/v1\/((runs|worker-runs|workers|workflow-runs)\/\{id\}|add-ons\/\{name\}|policy\/bundle$)/;

test('every GET answers what the document says, of what is there', async () => {
  const reads = world.document.operations.filter(({ method }) => method === 'GET');
  for (const operation of reads) {
    const reply = await world.askKnown(operation);
    const wanted = NOT_THERE.test(operation.path) ? 404 : 200;
    assert.equal(reply?.status, wanted, `${operation.path} ${reply?.text.slice(0, 200)}`);
  }
  assert.deepEqual(world.findings, []);
});

test('every GET answers what is unknown or hostile with a problem that is listed', async () => {
  const reads = world.document.operations.filter(({ method }) => method === 'GET');
  for (const operation of reads.filter(({ parameters }) => parameters.length > 0)) {
    await world.askHostile(operation);
  }
  assert.deepEqual(world.findings, []);
});

test('1,000 requests over all operations are answered as the document says', async () => {
  await world.torment(REQUESTS);
  assert.deepEqual(world.findings, []);
});

async function got<T>(path: string): Promise<T> {
  const { status, text } = await world.send({ method: 'GET', path });
  assert.equal(status, 200, `${path} ${text.slice(0, 200)}`);
  return JSON.parse(text) as T;
}

/** Every member of a list, by pages of so many. */
async function paged(path: string, member: string, limit: number): Promise<unknown[]> {
  const told: unknown[] = [];
  let cursor: string | undefined;
  do {
    const more: string = cursor === undefined ? '' : `&cursor=${cursor}`;
    const page = await got<Record<string, unknown[]>>(`${path}?limit=${limit}${more}`);
    assert.ok((page[member]?.length ?? 0) <= limit);
    told.push(...(page[member] ?? []));
    cursor = page['next_cursor'] as string | undefined;
  } while (cursor !== undefined);
  return told;
}

test('lists are told in pages, and no cursor of one goes on in another', async () => {
  const { size } = await got<LogPage>('/v1/log?limit=1');
  const entries = (await paged('/v1/log', 'entries', 7)) as LogEntry[];
  const newest = Number(entries[0]?.seq);
  assert.ok(newest >= size - 1);
  assert.deepEqual(
    entries.map(({ seq }) => Number(seq)),
    Array.from({ length: newest + 1 }, (_, at) => newest - at),
  );
  for (const [path, member] of [
    ['/v1/inbox', 'pending'],
    ['/v1/domains', 'domains'],
    ['/v1/wallet/requests', 'requests'],
    ['/v1/domains/market.example/log', 'entries'],
    ['/v1/domains/market.example/objects/object.Service', 'objects'],
  ] as const) {
    const whole = await got<Record<string, unknown[]>>(`${path}?limit=1000`);
    const page = await paged(path, member, 1);
    assert.equal(page.length, whole[member]?.length, path);
    const cursor = Buffer.from('{"list":"others","place":"a"}').toString('base64url');
    const refused = await world.send({ method: 'GET', path: `${path}?cursor=${cursor}` });
    assert.equal(refused.status, 400);
    assert.equal(JSON.parse(refused.text).code, 'cursor.invalid');
  }
});

test('whoever has the policy is told so, and its tag is its hash', async () => {
  const policy = await world.send({ method: 'GET', path: '/v1/policy' });
  const { policy: named } = await got<{ policy: { policy_hash: string } }>('/v1/policy/effective');
  assert.equal(policy.headers['etag'], `"${named.policy_hash}"`);
  for (const path of ['/v1/policy', '/v1/policy/effective']) {
    const etag = String((await world.send({ method: 'GET', path })).headers['etag']);
    for (const tag of [etag, `"x", ${etag}`, '*']) {
      const again = await world.send({ method: 'GET', path, headers: { 'if-none-match': tag } });
      assert.deepEqual([again.status, again.text], [304, ''], `${path} ${tag}`);
    }
    const other = await world.send({ method: 'GET', path, headers: { 'if-none-match': '"x"' } });
    assert.equal(other.status, 200);
  }
  const path = '/v1/policy/bundle';
  const change = await world.send({ method: 'POST', path, headers: { 'if-match': '"x"' } });
  assert.deepEqual([change.status, JSON.parse(change.text).code], [412, 'precondition.failed']);
  assert.equal((await world.send({ method: 'GET', path })).status, 404);
});

test('an answer that is otherwise is found', async () => {
  const { document } = world;
  const status = document.operations.find(({ path }) => path === '/v1/status')!;
  const about = { isCut: false, type: 'application/json', headers: {} };
  const fault = (reply: { status: number; text: string; type?: string }) =>
    document.fault(status, { ...about, ...reply });
  assert.match(fault({ status: 200, text: '{"node_id":"x"}' }) ?? '', /^200/);
  assert.match(fault({ status: 404, text: '{"code":"a.b"}' }) ?? '', /404 as application\/json/);
  const type = 'application/problem+json';
  const code = { type: 'about:blank', title: '', status: 403, code: 'other.code' };
  assert.match(fault({ status: 403, type, text: JSON.stringify(code) }) ?? '', /code/);
  assert.match(fault({ status: 500, type, text: '{}' }) ?? '', /^500/);
});
