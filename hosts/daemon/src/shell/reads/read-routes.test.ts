import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeResume, encodeToken } from '@ioi/agentgres';
import { signedLease } from '@ioi/agentgres/testing';
import type { ProjectionsPage, QueryAnswer, SessionLease, SubscriptionEvents } from '@ioi/protocol';
import { Hono } from 'hono';
import {
  activate,
  deciding,
  hashOf,
  NodeKit,
  proposed,
  type Started,
  started,
} from '../../testing/node-kit.ts';
import { ReadsKit } from '../../testing/reads-kit.ts';
import { addReadRoutes } from './read-routes.ts';

const kit = new NodeKit();
const app = new Hono();
const clock = { chainTime: 1_000n };
let node: Started;
let reads: ReadsKit;

before(async () => {
  node = await started(kit);
  reads = new ReadsKit(kit, node);
  await activate(kit, node);
  addReadRoutes(
    app,
    reads.served(() => clock.chainTime),
  );
  app.get('/v1/log', (context) => context.json({ entries: 'everything' }));
  await write();
});

after(async () => {
  await reads.close();
  kit.closeGuardian();
  kit.remove();
});

/** One more action; its hash. */
async function write(path = '/ws/a'): Promise<string> {
  const request = kit.request('fs::write', { path });
  const done = await reads.submit(proposed('action.decide', deciding(request, 'ALLOW')));
  assert.ok(done.ok, JSON.stringify(done));
  return hashOf(request);
}

const post = (path: string, body: unknown, headers = {}) =>
  app.request(path, { method: 'POST', body: JSON.stringify(body), headers });
const newest = { projection: 'actions', consistency: 'linearized_domain' };

async function query(body: object): Promise<QueryAnswer> {
  const response = await post('/v1/query', { ...newest, ...body });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer as QueryAnswer;
}

async function codeOf(response: Response | Promise<Response>): Promise<string> {
  const { status, code } = (await (await response).json()) as { status: number; code: string };
  return `${status} ${code}`;
}

type Told = { event: string; id: string; data: never };

/** Events of a stream, one at a time. */
class Listener {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';

  constructor(response: Response) {
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.ok(response.body);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  async next(): Promise<Told | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n');
        this.#text = this.#text.slice(end + 2);
        const of = (name: string): string =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
        if (of('event') !== '') {
          return { event: of('event'), id: of('id'), data: JSON.parse(of('data')) as never };
        }
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function listen(parameters: Record<string, string>, headers = {}): Promise<Listener> {
  const path = `/v1/subscribe?${new URLSearchParams(parameters)}`;
  return new Listener(await app.request(path, { headers }));
}

test('a read carries its watermark, and pages meet without overlap', async () => {
  await write();
  await write();
  const all = await query({});
  assert.match(all.watermark, /^domain_seq:\d+$/);
  assert.ok(all.rows.length >= 3);
  const seen: unknown[] = [];
  let after: string | undefined;
  do {
    const page = await query({ limit: 2, ...(after === undefined ? {} : { after }) });
    seen.push(...page.rows.map((row) => row['request_hash']));
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(
    seen,
    all.rows.map((row) => row['request_hash']),
  );
});

test('the paths of the query model answer, each from its projection', async () => {
  await query({});
  const nodes = await app.request('/v1/hypervisor-nodes?consistency=linearized_domain');
  const { rows, projection } = (await nodes.json()) as QueryAnswer;
  assert.equal(projection, 'projection://*/hypervisor-nodes');
  assert.deepEqual(
    rows.map((row) => row['node_id']),
    [kit.genesis.node_id],
  );
  const paths = [
    'autonomous-system-chains',
    'service-modules',
    'module-invocations',
    'upgrade-proposals',
    'upgrade-proposals/p-1/decisions',
    'local-settlements',
  ];
  for (const path of paths) {
    const answer = await app.request(
      `/v1/${path}?limit=5&order=-changed_seq`.replace(/decisions.*/, 'decisions'),
    );
    assert.equal(answer.status, 200, path);
    assert.deepEqual(((await answer.json()) as QueryAnswer).rows, [], path);
  }
  const posing = await app.request('/v1/service-modules?projection=actions');
  const { projection: answered } = (await posing.json()) as QueryAnswer;
  assert.equal(answered, 'projection://*/service-modules', 'a path is one projection');
  assert.equal(await codeOf(app.request('/v1/upgrade-proposals?where=x')), '400 query.invalid');
  assert.equal(await codeOf(app.request('/v1/upgrade-proposals?limit=x')), '400 query.invalid');
});

test("a definition of the node's own is folded, kept, listed, rebuilt and removed", async () => {
  const definition = {
    projection: 'projection://*/verdicts',
    version: '1.0.0',
    summary: 'the last verdict of each rule',
    kind: 'relational',
    columns: [
      { name: 'rule_id', type: 'text' },
      { name: 'verdict', type: 'text' },
    ],
    key: ['rule_id'],
    rules: [
      {
        on: 'receipt.emitted',
        key: ['/event/receipt/body/rule_id'],
        set: { verdict: '/event/receipt/body/verdict/kind' },
      },
    ],
  };
  assert.equal((await post('/v1/projections', definition)).status, 200);
  const { rows } = await query({ projection: 'verdicts' });
  assert.deepEqual(rows, [{ rule_id: 'write', verdict: 'Allow' }]);
  const folder = join(kit.folder, 'data', 'projections', 'definitions');
  assert.deepEqual(readdirSync(folder), [`${hashOf(definition).slice(7)}.json`]);
  const second = { ...definition, version: '1.1.0' };
  assert.equal((await post('/v1/projections', second)).status, 200);
  assert.deepEqual(readdirSync(folder), [`${hashOf(second).slice(7)}.json`]);
  assert.equal((await post('/v1/projections/rebuild?projection=verdicts', {})).status, 200);
  assert.deepEqual((await query({ projection: 'verdicts' })).rows, rows);
  const page = (await (await app.request('/v1/projections')).json()) as ProjectionsPage;
  const listed = page.projections.find(({ projection }) => projection === definition.projection);
  assert.deepEqual([listed?.origin, listed?.rows, listed?.lag], ['user', 1, 0]);
  assert.equal(page.projections.filter(({ origin }) => origin === 'built_in').length, 15);
  const gone = { method: 'DELETE' };
  assert.equal((await app.request('/v1/projections?projection=verdicts', gone)).status, 200);
  assert.deepEqual(readdirSync(folder), []);
  const again = post('/v1/query', { ...newest, projection: 'verdicts' });
  assert.equal(await codeOf(again), '404 projection.unknown');
  const builtIn = app.request('/v1/projections?projection=actions', gone);
  assert.equal(await codeOf(builtIn), '404 projection.unknown');
  const taken = { ...definition, projection: 'projection://*/actions' };
  assert.equal(await codeOf(post('/v1/projections', taken)), '400 projection.reserved');
  const foreign = { ...definition, projection: 'projection://elsewhere/x' };
  assert.equal(await codeOf(post('/v1/projections', foreign)), '400 projection.other_domain');
  assert.equal(await codeOf(post('/v1/projections', { a: 1 })), '400 projection.invalid');
});

test('a subscription begins with the rows, and resumes where it ended', async () => {
  const where = JSON.stringify({ state: 'committed' });
  const listener = await listen({ projection: 'actions', where });
  const first = await listener.next();
  assert.equal(first?.event, 'snapshot');
  const before = await query({ where: { state: 'committed' } });
  const hash = await write();
  const delta = await listener.next();
  assert.ok(delta?.event === 'delta');
  const { put } = delta.data as unknown as SubscriptionEvents['delta'];
  assert.deepEqual(
    put.map((row) => row['request_hash']),
    [hash],
  );
  await listener.cancel();
  const missed = await write();
  const again = await listen({ projection: 'actions', where }, { 'last-event-id': delta.id });
  const caught = (await again.next())?.data as unknown as SubscriptionEvents['delta'];
  assert.deepEqual(
    caught.put.map((row) => row['request_hash']),
    [missed],
  );
  await again.cancel();
  // An answer can be resumed from as well.
  const resumed = await listen({ projection: 'actions', where, resume: before.resume });
  const both = (await resumed.next())?.data as unknown as SubscriptionEvents['delta'];
  assert.deepEqual(both.put.map((row) => row['request_hash']).sort(), [hash, missed].sort());
  await resumed.cancel();
  const other = app.request(`/v1/subscribe?projection=receipts&resume=${before.resume}`);
  assert.equal(await codeOf(other), '400 query.invalid');
});

test('a token of another history ends in a fault proof', async () => {
  const token = decodeResume((await query({})).resume);
  const resume = encodeToken({ ...token, log_root: `sha256:${'0'.repeat(64)}` });
  const listener = await listen({ projection: 'actions', resume });
  const fault = await listener.next();
  assert.equal(fault?.event, 'fault');
  const proof = fault?.data as unknown as SubscriptionEvents['fault'];
  assert.equal(proof.held.root, token?.log_root);
  assert.equal(proof.checkpoints.length, 1);
  assert.equal(await listener.next(), undefined);
});

test('who does not read is let go, with all it needs to resume', async () => {
  const listener = await listen({ projection: 'receipts' });
  const first = await listener.next();
  assert.equal(first?.event, 'snapshot');
  for (let more = 0; more < 400; more += 1) await write(`/ws/${more}`);
  // All was told, and nothing was read meanwhile.
  await query({ projection: 'receipts' });
  let last = first;
  let put = 0;
  for (let told = await listener.next(); told; told = await listener.next()) {
    if (told.event === 'dropped' || put >= 400) break;
    put += (told.data as unknown as SubscriptionEvents['delta']).put.length;
    last = told;
  }
  assert.ok(put < 400, 'it was dropped on the way');
  const again = await listen({ projection: 'receipts', resume: last?.id ?? '' });
  const rest = (await again.next())?.data as unknown as SubscriptionEvents['delta'];
  assert.equal(put + rest.put.length, 400);
  await again.cancel();
});

function bearer(fields: Partial<SessionLease>): { authorization: string } {
  const common = { audience: reads.domain, expires_at: '2000' };
  return {
    authorization: `Bearer ${encodeToken(signedLease(kit.owner, { ...common, ...fields }))}`,
  };
}

test('a session reads what it covers, on time, and nothing else', async () => {
  const headers = bearer({ projection_scope: ['projection://*/actions'] });
  assert.equal((await post('/v1/query', newest, headers)).status, 200);
  const beside = post('/v1/query', { ...newest, projection: 'receipts' }, headers);
  assert.equal(await codeOf(beside), '403 session.out_of_scope');
  const page = await (await app.request('/v1/projections', { headers })).json();
  assert.equal((page as ProjectionsPage).projections.length, 1);
  const refused = [
    app.request('/v1/log', { headers }),
    app.request('/v1/hypervisor-nodes', { headers }),
    app.request('/v1/subscribe?projection=receipts', { headers }),
    post('/v1/projections', {}, headers),
    app.request('/v1/projections?projection=actions', { method: 'DELETE', headers }),
  ];
  for (const each of refused) assert.equal(await codeOf(each), '403 session.out_of_scope');
  assert.equal((await app.request('/v1/log')).status, 200);
  const elsewhere = bearer({ audience: 'agentgres://domain/other' });
  const forged = { authorization: headers.authorization.replace(/.{9}$/, 'AAAAAAAAA') };
  for (const each of [
    elsewhere,
    forged,
    { authorization: 'Bearer x' },
    { authorization: 'Basic x' },
  ]) {
    assert.equal(await codeOf(post('/v1/query', newest, each)), '401 session.invalid');
  }
  const listener = await listen({ projection: 'actions' }, headers);
  assert.equal((await listener.next())?.event, 'snapshot');
  clock.chainTime = 3_000n;
  assert.equal(await codeOf(post('/v1/query', newest, headers)), '401 session.invalid');
  reads.subscribers.beat();
  assert.equal((await listener.next())?.event, 'dropped');
  assert.equal(await listener.next(), undefined);
});
