import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

/** Nobody opened a run, so none can be shown. */
const NOT_THERE: readonly string[] = ['/v1/runs/{id}'];

test('every GET answers what the document says, of what is there', async () => {
  const reads = world.document.operations.filter(({ method }) => method === 'GET');
  for (const operation of reads) {
    const reply = await world.askKnown(operation);
    const wanted = NOT_THERE.includes(operation.path) ? 404 : 200;
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

test('an answer that is otherwise is found', async () => {
  const { document } = world;
  const status = document.operations.find(({ path }) => path === '/v1/status')!;
  const about = { isCut: false, type: 'application/json' };
  const fault = (reply: { status: number; text: string; type?: string }) =>
    document.fault(status, { ...about, ...reply });
  assert.match(fault({ status: 200, text: '{"node_id":"x"}' }) ?? '', /^200/);
  assert.match(fault({ status: 404, text: '{"code":"a.b"}' }) ?? '', /404 as application\/json/);
  const type = 'application/problem+json';
  const code = { type: 'about:blank', title: '', status: 403, code: 'other.code' };
  assert.match(fault({ status: 403, type, text: JSON.stringify(code) }) ?? '', /code/);
  assert.match(fault({ status: 500, type, text: '{}' }) ?? '', /^500/);
});
