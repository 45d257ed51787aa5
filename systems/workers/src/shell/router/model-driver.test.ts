import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ok } from '@ioi/basis';
import { type ModelCandidate, modelContract, modelKeysOf, nameOfCandidate } from '@ioi/law';
import type { Edge, PerformOptions, SealedAction } from '@ioi/protocol';
import { ModelDriver } from './model-driver.ts';

const edge = {} as Edge;
const messages = JSON.stringify([{ role: 'user', content: 'Hello' }]);
const LIMIT = 1_048_576;

/** A server of models, and the candidate that leads to it. */
async function serving(t: TestContext, listener: RequestListener): Promise<ModelCandidate> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections() ?? server.close());
  const { port } = server.address() as AddressInfo;
  return { provider: 'ollama', model: 'm', url: `http://127.0.0.1:${port}` };
}

function asking(...candidates: readonly ModelCandidate[]) {
  const params = { route: 'writer', candidates: candidates.map(nameOfCandidate) };
  const contract = modelContract(modelKeysOf(candidates));
  const action = { committedHash: 'sha256:one', contract, request: { params } };
  const driver = (table = candidates) =>
    new ModelDriver({
      table: () => ({ writer: table }),
      argumentsOf: () => ok({ ...params, messages, max_tokens: 8 }),
      wasBegun: async () => false,
    });
  const perform = (options: Partial<PerformOptions> = {}) => {
    const signal = new AbortController().signal;
    return driver().perform(action as unknown as SealedAction, edge, { signal, ...options });
  };
  return { action: action as unknown as SealedAction, driver, perform };
}

const said = (content: string, more = {}) =>
  `${JSON.stringify({ message: { content }, ...more })}\n`;

test('an answer without a body fails at once', { timeout: 120_000 }, async (t) => {
  const { perform } = asking(await serving(t, (_, response) => response.writeHead(204).end()));
  const outcome = await perform();
  assert.equal(outcome.kind, 'completed');
  assert.equal(Object(outcome).output.code, 'model.failed');
});

test('a text in pieces is no longer than one that is whole', async (t) => {
  const piece = said('x'.repeat(LIMIT / 4));
  const candidate = await serving(t, (_, response) => {
    for (let times = 0; times < 8; times += 1) response.write(piece);
    response.end(said('', { done: true }));
  });
  let told = 0;
  const outcome = await asking(candidate).perform({
    onText: (each) => (told += each?.length ?? 0),
  });
  assert.equal(Object(outcome).output.code, 'model.broken');
  assert.ok(told <= LIMIT, `${told}`);
});

test('many small pieces take no more time than a few', { timeout: 120_000 }, async (t) => {
  const pieces = 200_000;
  const candidate = await serving(t, (_, response) => {
    response.end(said('x').repeat(pieces) + said('', { done: true }));
  });
  let told = 0;
  const outcome = await asking(candidate).perform({
    onText: (each) => (told += each?.length ?? 0),
  });
  assert.equal(Object(outcome).output.text.length, pieces);
  assert.equal(told, pieces);
});

test('what a server says is well formed, however it comes', async (t) => {
  const candidate = await serving(t, (_, response) => {
    response.end(said('\ud83d', { model: '\ud83d', done: true }));
  });
  for (const onText of [undefined, () => {}]) {
    const outcome = await asking(candidate).perform(onText === undefined ? {} : { onText });
    const { text, model } = Object(outcome).output;
    assert.deepEqual([text, model], ['\ufffd', '\ufffd']);
  }
});

test('one that is cancelled after a model refused says that a model was asked', async (t) => {
  const cut = new AbortController();
  const refuses = await serving(t, (_, response) => {
    response.end(said('No', { done: true, done_reason: 'refusal' }));
  });
  const onText = (piece: string | undefined) => piece === undefined && cut.abort();
  const outcome = await asking(refuses, refuses).perform({ signal: cut.signal, onText });
  assert.equal(outcome.kind, 'completed');
  assert.equal(Object(outcome).output.tried.length, 1);
});

test('where the routes cannot be read any more nothing was asked, and it says why', async () => {
  const near = { provider: 'ollama', model: 'm', url: 'http://127.0.0.1:9' } as const;
  const { action } = asking(near);
  const driver = new ModelDriver({
    table: () => {
      throw new Error('/home/me/node.json: expected a member name');
    },
    argumentsOf: () => ok({ route: 'writer', candidates: [nameOfCandidate(near)] }),
  });
  const { signal } = new AbortController();
  const outcome = await driver.perform(action, edge, { signal });
  assert.ok(outcome.kind === 'failed_before_effect', outcome.kind);
  assert.match(outcome.reason, /^config\.invalid: /);
  assert.doesNotMatch(outcome.reason, /home|node\.json/);
});

test('each question has a connection of its own: none ends as it is used again', async (t) => {
  const kept: unknown[] = [];
  const candidate = await serving(t, ({ headers }, response) => {
    kept.push(headers.connection);
    response.end(said('Yes', { done: true }));
  });
  for (let times = 0; times < 2; times += 1) await asking(candidate).perform();
  assert.deepEqual(kept, ['close', 'close']);
});

test('what became of a question goes by what was sealed, not by the route of now', async () => {
  const near = { provider: 'ollama', model: 'm', url: 'http://127.0.0.1:9' } as const;
  const far = { provider: 'openai', model: 'm', url: 'https://models.example', key: 'k' } as const;
  const { action, driver } = asking(near, far);
  assert.equal((await driver([far]).reconcile(action)).kind, 'unknown');
  const keyed = asking(far, near);
  assert.equal((await keyed.driver([near]).reconcile(keyed.action)).kind, 'not_performed');
});
