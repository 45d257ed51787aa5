import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { InputResponses } from '@ioi/protocol';
import { approvalNotice } from '../../core/index.ts';
import { decidedInTime, type WaitForPerson } from './decided-in-time.ts';

const notice = approvalNotice({ capabilities: { elicitation: {} } }, 'sha256:ab');
const yes: InputResponses = { ioi_approval: { kind: 'result', result: { action: 'accept' } } };
const never = new Promise<never>(() => {});

function wait(more: Partial<WaitForPerson>): Promise<boolean> {
  const { signal } = new AbortController();
  const ask = () => never;
  const era = 'stateful' as const;
  return decidedInTime({ era, patienceMs: 20, notice, decided: never, ask, signal, ...more });
}

test('a client that never answers what it is told is still answered in time', async () => {
  assert.equal(await wait({}), false);
  assert.equal(await wait({ notice: undefined }), false);
});

test('what is decided meanwhile is told at once, whoever was asked', async () => {
  const decided = Promise.resolve();
  assert.equal(await wait({ decided, patienceMs: 60_000 }), true);
  assert.equal(await wait({ decided, patienceMs: 60_000, era: 'stateless' }), true);
  assert.equal(await wait({ decided, patienceMs: 60_000, notice: undefined }), true);
});

test('a yes does not lengthen the call of the earlier era', async () => {
  const startedAt = performance.now();
  const ask = async () => {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return yes;
  };
  assert.equal(await wait({ ask, patienceMs: 4000 }), false);
  assert.ok(performance.now() - startedAt < 6800);
});

test('the later era is told again with each retry, and not for ever', async () => {
  const ask = mock.fn(async () => yes);
  assert.equal(await wait({ ask, era: 'stateless', patienceMs: 1 }), false);
  assert.equal(ask.mock.callCount(), 8);
});

test('a no, a fault, and a client that gives up end the wait', async () => {
  const patienceMs = 60_000;
  assert.equal(await wait({ patienceMs, ask: async () => ({}) }), false);
  assert.equal(await wait({ patienceMs, ask: () => Promise.reject(new Error('gone')) }), false);
  assert.equal(await wait({ patienceMs, signal: AbortSignal.abort() }), false);
  assert.equal(await wait({ patienceMs, signal: AbortSignal.timeout(5) }), false);
});
