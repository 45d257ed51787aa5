import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputRequests, InputResponses } from '@ioi/protocol';
import { AskBatch } from './ask-batch.ts';

const roots = { method: 'roots/list' };
const result = (value: string) => ({ kind: 'result', result: value }) as const;

test('the client is asked once, for all that was let through, and each hears its own', async () => {
  const asked: InputRequests[] = [];
  const batch = new AskBatch(async (requests): Promise<InputResponses> => {
    asked.push(requests);
    return { a: result('of a'), more: result('of nobody') };
  }, 3);
  const [a, b] = [batch.join('a', roots), batch.join('b', roots)];
  assert.equal(asked.length, 0, 'one is still undecided');
  batch.leave();
  assert.deepEqual([await a, await b], [result('of a'), undefined]);
  assert.deepEqual(asked, [{ a: roots, b: roots }]);
});

test('nobody is asked where all was refused', () => {
  const batch = new AskBatch(() => assert.fail('asked'), 2);
  batch.leave();
  batch.leave();
});

test('a name every object has is not taken for an answer', async () => {
  const batch = new AskBatch(async () => ({}), 1);
  assert.equal(await batch.join('constructor', roots), undefined);
});

test('a client that cannot be asked has answered nothing', async () => {
  const batch = new AskBatch(() => Promise.reject(new Error('gone')), 1);
  assert.equal(await batch.join('a', roots), undefined);
});
