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
