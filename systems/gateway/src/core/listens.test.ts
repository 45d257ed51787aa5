import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isObject } from '@ioi/jsonrpc';
import { FULL_OFFER, finished, modern, note, play, request } from '../testing/play.ts';
import type { Notice } from './backend.ts';
import { type Input, MAX_LISTENS, openState } from './state.ts';

const STATELESS = openState(FULL_OFFER, 'stateless');
const ID = 'io.modelcontextprotocol/subscriptionId';
const listen = (id: unknown, notifications: object): Input =>
  request(id, 'subscriptions/listen', modern({ notifications }));
const notice = (given: Notice): Input => ({ kind: 'notice', notice: given });
const TOOLS = notice({ kind: 'list_changed', list: 'tools' });
const updated = (uri: string): Input => notice({ kind: 'resource_updated', params: { uri } });
const refused = (callId: string): Input => ({
  kind: 'finished',
  callId,
  answer: { kind: 'error', error: { code: -1, message: 'no' } },
});

test('a stream is acknowledged with what it will carry, before anything else', () => {
  const wanted = { toolsListChanged: true, promptsListChanged: false, other: true };
  const { sent } = play([listen('l', wanted), TOOLS], STATELESS);
  assert.deepEqual(sent, [
    {
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { toolsListChanged: true }, _meta: { [ID]: 'l' } },
    },
    {
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
      params: { _meta: { [ID]: 'l' } },
    },
  ]);
  const silent = openState({ ...FULL_OFFER, capabilities: { tools: {} } }, 'stateless');
  const nothing = play([listen(1, { ...wanted, resourceSubscriptions: ['a:b'] }), TOOLS], silent);
  assert.deepEqual(
    nothing.sent.map((line) => line.params?.['notifications']),
    [{}],
  );
});

test('each resource a stream wants is an act, and only granted ones are watched', () => {
  const wanted = { resourceSubscriptions: ['a:b', 'a:c', 'a:b'] };
  const opened = play([listen(1, wanted), updated('a:b'), finished('call_2')], STATELESS);
  assert.deepEqual(
    opened.effects.map((effect) => effect.kind === 'act' && effect.act),
    [
      { method: 'resources/subscribe', params: { uri: 'a:b' } },
      { method: 'resources/subscribe', params: { uri: 'a:c' } },
    ],
  );
  const { sent } = play([refused('call_3'), updated('a:c'), updated('a:b')], opened.state);
  assert.deepEqual(
    sent.map((line) => line.params?.['notifications'] ?? line.params?.['uri']),
    [{ resourceSubscriptions: ['a:b'] }, 'a:b'],
  );
});

test('what no stream watches any more is let go, whoever ends it', () => {
  const wanted = { resourceSubscriptions: ['a:b'] };
  const two = play(
    [listen(1, wanted), listen(2, wanted), finished('call_2'), finished('call_4')],
    STATELESS,
  ).state;
  const cancel = (requestId: number): Input => note('notifications/cancelled', { requestId });
  assert.deepEqual(play([cancel(1)], two).effects, []);
  const { effects, state } = play([cancel(1), cancel(2), updated('a:b')], two);
  assert.deepEqual(
    effects.map((effect) => effect.kind === 'act' && effect.act),
    [{ method: 'resources/unsubscribe', params: { uri: 'a:b' } }],
  );
  assert.deepEqual(play([finished('call_5')], state).state.inFlight, []);
  const early = play([listen(1, wanted), { kind: 'gone', from: '' }], STATELESS);
  const late = play([finished('call_2')], early.state);
  assert.equal(
    late.effects[0]?.kind === 'act' && late.effects[0].act.method,
    'resources/unsubscribe',
  );
});

test('a stream that this side ends is ended in words', () => {
  const { state } = play([listen('l', { toolsListChanged: true })], STATELESS);
  const { sent } = play([{ kind: 'closed', byUs: true }], state);
  assert.equal(sent[0]?.id, 'l');
  assert.equal(sent[0]?.result?.['resultType'], 'complete');
  const meta = sent[0]?.result?.['_meta'];
  assert.equal(isObject(meta) && meta[ID], 'l');
  assert.deepEqual(play([{ kind: 'closed' }], state).sent, []);
});

test('streams are bounded, and wrong filters refused', () => {
  const many = Array.from({ length: MAX_LISTENS }, (_, at) => listen(at, {}));
  const full = play([...many, listen('more', {})], STATELESS);
  assert.equal(full.sent.at(-1)?.error?.data?.code, 'gateway.too_many_listens');
  const uris = Array.from({ length: 257 }, (_, at) => `a:${at}`);
  const wide = play([listen(1, { resourceSubscriptions: uris })], STATELESS);
  assert.equal(wide.sent[0]?.error?.data?.code, 'gateway.too_many_subscriptions');
  for (const wrong of [{ resourceSubscriptions: 7 }, { resourceSubscriptions: [''] }]) {
    assert.equal(play([listen(1, wrong)], STATELESS).sent[0]?.error?.code, -32602);
  }
  const none = play([request(1, 'subscriptions/listen', modern())], STATELESS);
  assert.equal(none.sent[0]?.error?.code, -32602);
  const twice = play([listen(1, {}), listen(1, {})], STATELESS);
  assert.equal(twice.sent[1]?.error?.data?.code, 'gateway.duplicate_id');
});
