import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Hono } from 'hono';
import { addOnce } from './once.ts';
import { problem } from './problem.ts';

const ROUTE = '/v1/sessions';
const HOUR_MS = 3_600_000;

let app: Hono;
let done: number;
let hours: number;
/** Whoever is being served waits for it. */
let gate: Promise<void>;

beforeEach(() => {
  [done, hours, gate] = [0, 0, Promise.resolve()];
  app = new Hono();
  addOnce(app, () => hours * HOUR_MS);
  app.post(ROUTE, async (context) => {
    const body: { readonly status?: number; readonly note?: string } = await context.req.json();
    done += 1;
    const count = done;
    await gate;
    if (body.status !== undefined) return problem('made.up', 'as it was asked', body.status);
    return context.json({ count, note: body.note }, 201);
  });
});

async function post(key: string | undefined, body: object = {}, more = {}) {
  const headers = { ...(key === undefined ? {} : { 'idempotency-key': key }), ...more };
  const answer = await app.request(ROUTE, { method: 'POST', body: JSON.stringify(body), headers });
  const { count, code } = (await answer.json()) as { count?: number; code?: string };
  const again = answer.headers.get('idempotency-replayed');
  return { status: answer.status, said: count ?? code, isAgain: again === 'true' };
}

test('the same key with the same request is answered the same, and done once', async () => {
  assert.deepEqual(await post('a'), { status: 201, said: 1, isAgain: false });
  assert.deepEqual(await post('a'), { status: 201, said: 1, isAgain: true });
  assert.deepEqual(await post('"a"'), { status: 201, said: 1, isAgain: true });
  assert.deepEqual(await post('b'), { status: 201, said: 2, isAgain: false });
  assert.deepEqual(await post('a', {}, { authorization: 'x' }), {
    status: 201,
    said: 3,
    isAgain: false,
  });
  assert.equal((await post(undefined)).said, 4);
  const refused = await post('c', { status: 409 });
  assert.deepEqual(await post('c', { status: 409 }), { ...refused, isAgain: true });
});

test('a key of another request, and what is no key, is refused by name', async () => {
  await post('a');
  assert.equal((await post('a', { more: 1 })).said, 'idempotency.key_reused');
  for (const key of ['"', 'a b', 'é', '""', 'a'.repeat(256), '"a']) {
    assert.deepEqual((await post(key)).said, 'idempotency.key_invalid', key);
  }
  assert.equal(done, 1);
});

test('while it is being done it is not begun again', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const first = post('a');
  while (done === 0) await new Promise((turn) => setImmediate(turn));
  const second = await post('a');
  assert.deepEqual([second.status, second.said], [409, 'idempotency.in_progress']);
  resolve();
  assert.equal((await first).said, 1);
  assert.equal((await post('a')).said, 1);
});

test('of an answer too long to keep it is known that it was given', async () => {
  const note = 'x'.repeat(40_000);
  assert.equal((await post('a', { note })).status, 201);
  const again = await post('a', { note });
  assert.deepEqual([again.status, again.said, done], [409, 'idempotency.not_kept', 1]);
});

test('what was not done is done when it is asked for again', async () => {
  assert.equal((await post('a', { status: 503 })).status, 503);
  assert.equal((await post('a', { status: 503 })).isAgain, false);
  assert.equal(done, 2);
});

test('a key is remembered for a day, and 1,024 of them', async () => {
  await post('a');
  hours = 23;
  assert.equal((await post('a')).isAgain, true);
  hours = 25;
  assert.equal((await post('a')).isAgain, false);
  for (let at = 0; at < 1_023; at += 1) await post(`b${at}`);
  assert.equal((await post('a')).isAgain, true);
  await post('one-more');
  assert.equal((await post('a')).isAgain, false);
});
