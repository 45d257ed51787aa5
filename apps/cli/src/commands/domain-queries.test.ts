import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { canonicalBytes, canonicalJson, digestBytes } from '@ioi/canon';
import { openKeyFile, signHybrid } from '@ioi/crypto/shell';
import { type ConsistencyLevel, isFaultProof, type QueryAnswer } from '@ioi/protocol';
import { verifyRead } from '@ioi/verifier';
import { findSockets } from '../shell/home.ts';
import { callLocal } from '../shell/local-http.ts';
import { IOI, killedAfter } from '../testing/run-ioi.ts';
import { MARKET, openMarket, sampleService, submit } from '../testing/sample-market.ts';
import { PASSPHRASE, TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const inMarket = ['--domain', MARKET];
const MARKET_ID = `agentgres://domain/${MARKET}`;
const views = join(node.home.folder, 'data', 'domains', MARKET, 'projections');

/** The example of the guide, which is about the same market. */
const guide = new URL('../../../../docs/guides/queries.md', import.meta.url);
const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readFileSync(guide, 'utf8')) ?? [];
const PRICES = `projection://${MARKET}/prices`;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  await openMarket(node, 5);
});

after(() => node.close());

const ask = (consistency: ConsistencyLevel, more: object = {}): Promise<QueryAnswer> =>
  node.daemon.query({ domain: MARKET, projection: PRICES, consistency, ...more });

async function run(...args: readonly string[]): Promise<string> {
  const ran = await node.ioi(...args);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout;
}

test('projections of a domain cost nothing until somebody asks for one', async () => {
  await run('domain', 'show', MARKET);
  assert.ok(!existsSync(views));
  const listed = JSON.parse(await run('projections', ...inMarket, '--json'));
  assert.ok(listed.projections.every((each: { state: string }) => each.state === 'dormant'));
  const rows = await run('query', 'objects', ...inMarket, '--where', 'id=svc_3', '--json');
  const [row] = rows
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([row.object_class, row.value.price], ['Service', 3]);
  assert.equal(readdirSync(views).filter((name) => name.endsWith('.db')).length, 1);
  const own = await node.ioi('query', 'objects');
  assert.equal(own.stdout, 'no rows\n');
  const { projections } = JSON.parse(await run('agentgres', 'status', '--json'));
  const kept = projections.filter((each: { domain_id: string }) => each.domain_id === MARKET_ID);
  assert.deepEqual(
    kept.map((each: Record<string, unknown>) => [each['projection'], each['lag'], each['rows']]),
    [['projection://*/objects', 0, 5]],
  );
});

test('a view of a user over a class of a domain is defined, queried and kept up', async () => {
  const file = join(node.folder, 'prices.json');
  writeFileSync(file, example);
  const said = await run('projections', 'define', file, ...inMarket);
  assert.match(said, new RegExp(`next: ioi query ${PRICES} --domain ${MARKET}`));
  const query = [
    'query',
    'prices',
    ...inMarket,
    '--where',
    'price>=2',
    '--order',
    '-price',
    '--plain',
  ];
  const three = 'svc_4\tService svc_4\t4\nsvc_3\tService svc_3\t3\nsvc_2\tService svc_2\t2\n';
  assert.equal(await run(...query), three);
  assert.equal((await submit(node, 'objects/put', sampleService('svc_9', 9))).code, 0);
  assert.equal(await run(...query), `svc_9\tService svc_9\t9\n${three}`);
  const gone = { object_class: 'Service', id: 'svc_9' };
  assert.equal((await submit(node, 'objects/delete', gone)).code, 0);
  assert.equal(await run(...query), three);
  const elsewhere = await node.ioi('projections', 'define', file);
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.stderr, /write projection:\/\/[a-z0-9.-]+\/… or projection:\/\/\*\/…/);
});

test('every level is answered for a domain, with what it promises', async () => {
  const { size } = await node.daemon.domains.status(MARKET);
  const cached = await ask('cached_projection');
  assert.equal(cached.domain_id, MARKET_ID);
  const watermark = `domain_seq:${size - 1}`;
  const named = await ask('projection_consistent', { watermark });
  const linearized = await ask('linearized_domain');
  assert.deepEqual([named.watermark, linearized.watermark], [watermark, watermark]);
  const first = await ask('snapshot_consistent', { limit: 2 });
  await submit(node, 'objects/put', sampleService('svc_1', 100));
  const snapshot = first.snapshot?.handle;
  const again = await ask('snapshot_consistent', { limit: 2, snapshot });
  assert.deepEqual(again.rows, first.rows);
  const proved = await ask('state_root_consistent', { where: { price: { gte: 2 } } });
  const verified = verifyRead(proved.proof);
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.equal(verified.value.state_root, proved.state_root);
  assert.equal(proved.proof?.domain_id, MARKET_ID);
  assert.deepEqual(
    proved.proof?.objects.map(({ id }) => id),
    proved.rows.map((row) => row['id']),
  );
  const { preconditions = [] } = await ask('serializable_domain', { where: { id: 'svc_1' } });
  const put = (price: number) => ({
    operation: 'objects/put',
    payload: sampleService('svc_1', price),
    preconditions: [...preconditions],
  });
  await node.daemon.domains.submit(MARKET, put(1));
  await assert.rejects(node.daemon.domains.submit(MARKET, put(2)), /changed object\.Service/);
});

test('the paths of the query model answer for a domain', async () => {
  const { daemon: socket } = findSockets(node.home);
  const get = (path: string) => callLocal<QueryAnswer>({ socket, method: 'GET', path });
  for (const path of ['hypervisor-nodes', 'local-settlements', 'upgrade-proposals/p/decisions']) {
    const answer = await get(`/v1/${path}?domain=${MARKET}&consistency=linearized_domain`);
    assert.deepEqual([answer.domain_id, answer.rows], [MARKET_ID, []]);
  }
  const own = await get('/v1/hypervisor-nodes?consistency=linearized_domain');
  assert.equal(own.rows.length, 1);
});

/** A watcher in a process of its own, and what it was told. */
function watching(...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [IOI, 'watch', ...args, '--json'], {
    env: { IOI_HOME: node.home.folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const told = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return { child, told };
}

/** A session of the node's owner for a domain, as its bearer shows it. */
async function bearerOf(audience: string, scope: readonly string[]): Promise<string> {
  const opened = await openKeyFile(
    readFileSync(join(node.home.guardian, 'owner.key'), 'utf8'),
    PASSPHRASE,
  );
  assert.ok(opened.ok);
  const lease = {
    session_id: digestBytes('a session'),
    subject_id: 'agent://local/dashboard',
    issuer_id: opened.value.keyId,
    audience,
    policy_hash: digestBytes('a policy'),
    capability_subset: [],
    projection_scope: scope,
    expires_at: String(Date.now() + 60_000),
    revocation_epoch: '0',
  };
  const message = canonicalBytes(lease);
  assert.ok(message.ok);
  const signature = signHybrid(opened.value, 'SIG_DOMAIN_SESSION', message.value);
  const text = canonicalJson({ ...lease, signature });
  assert.ok(text.ok);
  return Buffer.from(text.value).toString('base64url');
}

test('a session reads what it covers of its domain, and nothing of another', async () => {
  const bearer = await bearerOf(MARKET_ID, ['projection://*/objects']);
  const codeOf = (parameters: Record<string, string>): Promise<string> =>
    new Promise((resolve, reject) => {
      const path = `/v1/subscribe?${new URLSearchParams(parameters)}`;
      const headers = { authorization: `Bearer ${bearer}` };
      const asking = { socketPath: findSockets(node.home).daemon, path, headers };
      request(asking, (response) => {
        resolve(`${response.statusCode}`);
        response.destroy();
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await codeOf({ domain: MARKET, projection: 'objects' }), '200');
  assert.equal(await codeOf({ domain: MARKET, projection: 'receipts' }), '403');
  assert.equal(await codeOf({ projection: 'objects' }), '401');
});

test('a token of one domain resumes no other, and proves nothing against it', async () => {
  const { resume } = await node.daemon.query({
    projection: 'objects',
    consistency: 'linearized_domain',
  });
  const about = { domain: MARKET, projection: 'projection://*/objects', where: {}, resume };
  await assert.rejects(node.daemon.subscribe(about), /the token is of agentgres:.*, not of/);
});

test('a token of another history of a domain ends in a fault proof about it', async () => {
  const { resume } = await ask('linearized_domain');
  const token = JSON.parse(Buffer.from(resume, 'base64url').toString());
  const text = canonicalJson({ ...token, log_root: digestBytes('another log') });
  assert.ok(text.ok);
  const forged = Buffer.from(text.value).toString('base64url');
  const about = { domain: MARKET, projection: PRICES, where: {}, resume: forged };
  let told = '';
  for await (const chunk of await node.daemon.subscribe(about)) told += chunk;
  const [, data = ''] = /^event: fault\ndata: (.*)$/m.exec(told) ?? [];
  const proof = JSON.parse(data);
  assert.ok(isFaultProof(proof));
  assert.deepEqual([proof.domain_id, proof.held.root], [MARKET_ID, token.log_root]);
});

test('a watcher of a domain goes on after a restart, and is told nothing twice', async (t) => {
  const { child, told } = watching('prices', ...inMarket, '--where', 'name=Service svc_0');
  killedAfter(t, child);
  await until('the row is there', () => told()[0]?.data.rows?.[0]?.price === 0);
  await submit(node, 'objects/put', sampleService('svc_0', 10));
  await until('a change is told', () => told().at(-1)?.data.put?.[0]?.price === 10);
  await run('down');
  await run('up', '--detach');
  await submit(node, 'objects/put', sampleService('svc_0', 20));
  await until('it goes on', () => told().at(-1)?.data.put?.[0]?.price === 20);
  assert.equal(told().filter(({ event }) => event === 'snapshot').length, 1);
  const prices = told()
    .flatMap(({ data }) => data.put ?? [])
    .map(({ price }) => price);
  assert.deepEqual(prices, [10, 20]);
  child.kill('SIGINT');
  await once(child, 'close');
});

test('what serves a domain is folded again beside it, found well, and removed', async () => {
  const before = await run('query', PRICES, ...inMarket, '--plain');
  const rebuild = ['agentgres', 'rebuild-projection', PRICES, ...inMarket, '--json'];
  assert.equal(JSON.parse(await run(...rebuild)).rows, 5);
  assert.equal(await run('query', PRICES, ...inMarket, '--plain'), before);
  await run('agentgres', 'doctor');
  await run('projections', 'remove', 'prices', ...inMarket);
  const gone = await node.ioi('query', PRICES, ...inMarket);
  assert.equal(gone.code, 2);
  assert.match(gone.stderr, new RegExp(`next: ioi projections --domain ${MARKET}`));
});

test('a domain that is not there is said so, with a way on', async () => {
  const attempts = [
    ['query', 'objects'],
    ['watch', 'objects'],
    ['projections'],
    ['projections', 'remove', 'x'],
    ['agentgres', 'rebuild-projection', 'objects'],
  ];
  for (const words of attempts) {
    const { code, stderr } = await node.ioi(...words, '--domain', 'nowhere.example');
    assert.equal(code, 2, words.join(' '));
    assert.match(stderr, /nowhere\.example is not open on this node/);
    assert.match(stderr, /next: ioi domain list/);
  }
});
