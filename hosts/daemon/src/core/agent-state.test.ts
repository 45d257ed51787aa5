import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelContract } from '@ioi/law';
import { type ActNow, agentState, THINKS_MS } from './agent-state.ts';

type About = { readonly params?: object; readonly act?: string; readonly isWaiting?: boolean };

const WRITES = { ...modelContract(), server: 'files', tool: 'write', target: 'fs::write' };

function act(
  at: ActNow['at'],
  { params = {}, act: kind = 'update', ...about }: About = {},
): ActNow {
  const contract = { ...WRITES, act: kind };
  const call = { request: { target: 'fs::write', params }, contract };
  return { at, call: call as unknown as ActNow['call'], isWaiting: about.isWaiting ?? false };
}

function question(params: object = {}): ActNow {
  const call = { request: { target: 'model::invoke', params }, contract: modelContract() };
  return { at: 'performing', call: call as unknown as ActNow['call'], isWaiting: false };
}

const PRICE = { amount: { amount: '3.50', unit: 'USD' } };

test('what a person should look at comes first, in what an agent does', () => {
  const told = (...acts: readonly ActNow[]) => agentState(acts, undefined);
  const waiting = act('waiting', { isWaiting: true });
  assert.equal(told(act('performing', { params: PRICE }), waiting), 'waiting');
  // A grant is tried for it meanwhile: a person is still asked.
  assert.equal(told(act('deciding', { isWaiting: true })), 'waiting');
  assert.equal(told(act('recording'), act('performing', { params: PRICE })), 'spending');
  assert.equal(told(act('performing', { act: 'buy' })), 'spending');
  assert.equal(told(question(PRICE)), 'spending');
  for (const at of ['gathering', 'deciding', 'performing', 'refusing'] as const) {
    assert.equal(told(question(), act('recording'), act(at)), 'working', at);
  }
  // Money that is not paid yet, or was, is not being spent.
  assert.equal(told(act('deciding', { params: PRICE })), 'working');
  assert.equal(told(act('recording', { params: PRICE }), question()), 'settling');
  assert.equal(told(question()), 'reasoning');
  assert.equal(told(), 'quiet');
});

test('whoever was answered lately is taken to think, and later nobody knows', () => {
  assert.equal(agentState([], 0), 'reasoning');
  assert.equal(agentState([], THINKS_MS - 1), 'reasoning');
  assert.equal(agentState([], THINKS_MS), 'quiet');
  assert.equal(agentState([act('performing')], 0), 'working');
});
