import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err } from '@ioi/basis';
import type { RunAsked } from '@ioi/protocol';
import { Hono } from 'hono';
import { addRunRoutes } from './run-api.ts';
import type { Runs } from './runs.ts';

test('what is declared to hold a run is a word, and is told to whoever opens it', async () => {
  const opened: RunAsked[] = [];
  const open = async (asked: RunAsked) => {
    opened.push(asked);
    return err('run.too_many' as const);
  };
  const app = new Hono();
  addRunRoutes(app, { open } as unknown as Runs);
  const ask = async (declared: unknown): Promise<number> => {
    const body = JSON.stringify({ name: 'sh', hosts: [], isolation_declared: declared });
    const headers = { 'content-type': 'application/json' };
    return (await app.request('/v1/runs', { method: 'POST', body, headers })).status;
  };
  const odd = ['', 'a b', 'a\n', '../run', 'a/b', '\u001b[2J', 'x'.repeat(10_000), 7, null];
  for (const each of odd) assert.equal(await ask(each), 400, String(each));
  assert.equal(opened.length, 0);
  assert.equal(await ask('container'), 429);
  assert.equal(await ask(undefined), 429);
  const said = opened.map(({ isolation_declared }) => isolation_declared);
  assert.deepEqual(said, ['container', undefined]);
});

test('a port that nobody holds any more ends, and takes nothing with it', async () => {
  const overs: AbortController[] = [];
  const told = Promise.withResolvers<object>();
  const runs = {
    commitsOf: () => ({}),
    openPort: (_id: string, _port: number, over: AbortController) => {
      overs.push(over);
      return overs.length === 1 ? { port: 3000, receipt_id: 'r' } : told.promise;
    },
  };
  const app = new Hono();
  addRunRoutes(app, runs as unknown as Runs);
  const headers = { 'content-type': 'application/json' };
  const ask = () =>
    app.request('/v1/runs/x/ports', { method: 'POST', body: '{"port":3000}', headers });
  const held = (await ask()).body?.getReader();
  await held?.read();
  await held?.cancel();
  assert.ok(overs[0]?.signal.aborted);
  const waiting = (await ask()).body?.getReader();
  await waiting?.cancel();
  told.resolve({ port: 3000, receipt_id: 'r' });
  await told.promise;
  assert.ok(overs[1]?.signal.aborted);
  const taken = await ask();
  const reader = taken.body?.getReader();
  await reader?.read();
  overs[2]?.abort();
  assert.equal((await reader?.read())?.done, true);
});

test('of a port that is not opened nothing is watched any more', async () => {
  const overs: AbortController[] = [];
  const openPort = async (_id: string, _port: number, over: AbortController) => {
    overs.push(over);
    return { code: 'policy.default_deny', title: 'the policy' };
  };
  const app = new Hono();
  addRunRoutes(app, { commitsOf: () => ({}), openPort } as unknown as Runs);
  const headers = { 'content-type': 'application/json' };
  const about = { method: 'POST', body: '{"port":3000}', headers };
  const told = await (await app.request('/v1/runs/x/ports', about)).text();
  assert.match(told, /policy\.default_deny/);
  assert.ok(overs[0]?.signal.aborted);
});
