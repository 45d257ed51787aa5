import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Ask, InputRequests, TaskReport } from '@ioi/protocol';
import {
  answer,
  FINE,
  type Received,
  type Script,
  statelessBasics,
  withScripted,
} from '../testing/scripted-http.ts';
import { toolCall } from '../testing/upstream-suite.ts';
import type { Upstream, UpstreamCall } from './upstream.ts';

const call = (upstream: Upstream, changes: Partial<UpstreamCall> = {}) =>
  toolCall(upstream, { tool: 'trick', arguments: {} }, { timeoutMs: 30_000, ...changes });
const sent = (seen: Received[], name: string) =>
  seen.filter(({ message }) => message.method === name);

/** A server that makes a task of the call, and says of it what comes next each time. */
function tasking(states: readonly JsonObject[], pollIntervalMs = 60): Script {
  let at = -1;
  return (received, response) => {
    const { id, method } = received.message;
    if (statelessBasics(received, response)) return;
    const task = { taskId: 'secret name', status: 'working', ttlMs: null, pollIntervalMs };
    if (method === 'tools/call') answer(response, id, { resultType: 'task', ...task });
    else if (method === 'tasks/get') {
      at = Math.min(at + 1, states.length - 1);
      answer(response, id, { resultType: 'complete', ...task, ...states[at] });
    } else answer(response, id, { resultType: 'complete' });
  };
}

test("a task is asked about until it has ended, and its end is the call's answer", async () => {
  const states = [{ statusMessage: 'half' }, { status: 'completed', result: FINE }];
  await withScripted(tasking(states), async (upstream, seen) => {
    const told: TaskReport[] = [];
    const onTask = (report: TaskReport): void => void told.push(report);
    assert.deepEqual(await call(upstream, { onTask }), { kind: 'result', result: FINE });
    assert.deepEqual(told[1], { message: 'half', pollMs: 60 });
    const [asked] = sent(seen, 'tasks/get');
    assert.equal(asked?.headers['mcp-name'], 'secret name');
    assert.equal(sent(seen, 'tools/call').length, 1);
  });
  const error = { code: -32603, message: 'broken' };
  await withScripted(tasking([{ status: 'failed', error }]), async (upstream) => {
    assert.deepEqual(await call(upstream), { kind: 'error', error });
  });
  await withScripted(tasking([{ status: 'cancelled' }]), async (upstream) => {
    const ended = await call(upstream);
    assert.match(JSON.stringify(ended), /upstream\.task_cancelled/);
  });
});

test('what a task wants is asked once, and what was said is handed on', async () => {
  const one = { method: 'roots/list' };
  const wants = { status: 'input_required', inputRequests: { one } };
  const states = [wants, wants, { status: 'completed', result: FINE }];
  await withScripted(tasking(states), async (upstream, seen) => {
    const asked: InputRequests[] = [];
    const ask: Ask = async (requests) => {
      asked.push(requests);
      return { one: { kind: 'result', result: { roots: [] } } };
    };
    assert.equal((await call(upstream, { ask })).kind, 'result');
    assert.deepEqual(asked, [{ one }]);
    const [update] = sent(seen, 'tasks/update');
    assert.deepEqual(update?.message.params?.['inputResponses'], { one: { roots: [] } });
  });
  await withScripted(tasking([wants]), async (upstream, seen) => {
    assert.equal((await call(upstream)).kind, 'error', 'nobody can be asked');
    await until('it is called off', () => sent(seen, 'tasks/cancel').length === 1);
  });
});

test('a task that nobody waits for is called off, and what it did stays in doubt', async () => {
  await withScripted(tasking([{}]), async (upstream, seen) => {
    const abort = new AbortController();
    const ended = call(upstream, { signal: abort.signal });
    await until('it is asked about', () => sent(seen, 'tasks/get').length > 0);
    abort.abort();
    assert.deepEqual(await ended, { kind: 'silent', silence: 'cancelled' });
    await until('it is called off', () => sent(seen, 'tasks/cancel').length === 1);
  });
});

test('the time limit counts from what the server last said of the task', async () => {
  const states = [...Array.from({ length: 8 }, () => ({})), { status: 'completed', result: FINE }];
  await withScripted(tasking(states, 500), async (upstream) => {
    assert.equal((await call(upstream, { timeoutMs: 3500 })).kind, 'result');
  });
});

test('a task that cannot be asked about any more leaves its call in doubt', async () => {
  const gone: Script = (received, response) => {
    const { id, method } = received.message;
    if (statelessBasics(received, response)) return;
    const task = { resultType: 'task', taskId: 't', status: 'working', pollIntervalMs: 60 };
    if (method === 'tools/call') answer(response, id, task);
    else response.writeHead(404).end();
  };
  await withScripted(gone, async (upstream) => {
    const ended = await call(upstream);
    assert.equal(ended.kind === 'silent' && ended.silence, 'died');
  });
});

test('an end that is too long, or that nobody can commit to, is told as that', async () => {
  const text = 'x'.repeat(60_000);
  const long = { status: 'completed', result: { content: [{ type: 'text', text }] } };
  const silenceOf = (ended: Awaited<ReturnType<typeof call>>) =>
    ended.kind === 'silent' ? [ended.silence, ended.detail] : [ended.kind];
  await withScripted(tasking([{}, long]), async (upstream, seen) => {
    const [silence] = silenceOf(await call(upstream, { outputBytes: 50_000 }));
    assert.equal(silence, 'output_too_large');
    assert.equal(sent(seen, 'tasks/get').length, 2, 'it is not asked for again');
  });
  const limits = { answerBytes: 50_000 };
  const bounded = async (upstream: Upstream): Promise<void> => {
    const [silence, detail] = silenceOf(await call(upstream));
    assert.equal(silence, 'output_too_large');
    assert.match(`${detail}`, /^upstream\.answer_bytes: scripted may answer with 50000 bytes/);
  };
  await withScripted(tasking([long]), bounded, { limits });
});
