import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FULL_OFFER,
  finished,
  frame,
  initialize,
  modern,
  note,
  play,
  ready,
  request,
} from '../testing/play.ts';
import type { Notice } from './backend.ts';
import { type Input, MAX_SUBSCRIPTIONS, openState } from './state.ts';

const READY = ready();
const notice = (given: Notice): Input => ({ kind: 'notice', notice: given });
const updated = (uri: string): Input => notice({ kind: 'resource_updated', params: { uri } });
const logged = (level: string): Input => notice({ kind: 'message', params: { level, data: 1 } });
const subscribe = (uri: string): Input => request(`s${uri}`, 'resources/subscribe', { uri });

test('changed lists are announced to sessions whose servers said that they would', () => {
  for (const list of ['tools', 'prompts', 'resources'] as const) {
    const changed = notice({ kind: 'list_changed', list });
    const line = { jsonrpc: '2.0', method: `notifications/${list}/list_changed` };
    assert.deepEqual(play([changed], READY).sent, [line]);
    const silent = { ...FULL_OFFER, capabilities: { [list]: {} } };
    assert.deepEqual(play([changed], ready({}, silent)).sent, []);
    const early = play([frame(initialize()), changed], openState(FULL_OFFER));
    assert.equal(early.sent.length, 1);
  }
});

test('a session hears of the resources it was let subscribe to, and of their parts', () => {
  const error = { code: -1, message: 'no' };
  const refused: Input = { kind: 'finished', callId: 'call_2', answer: { kind: 'error', error } };
  const { state } = play([subscribe('a:b'), subscribe('a:c'), finished('call_1'), refused], READY);
  assert.deepEqual(state.subscriptions, ['a:b']);
  const { sent } = play(
    [updated('a:b'), updated('a:b/part'), updated('a:bc'), updated('a:c')],
    state,
  );
  assert.deepEqual(
    sent.map((line) => line.params?.['uri']),
    ['a:b', 'a:b/part'],
  );
  const end = [request(9, 'resources/unsubscribe', { uri: 'a:b' }), finished('call_3')];
  const after = play([...end, updated('a:b')], state);
  assert.deepEqual(
    after.sent.map((line) => line.id),
    [9],
  );
});

test('subscriptions of a session are bounded', () => {
  const many = Array.from({ length: MAX_SUBSCRIPTIONS }, (_, at) => [
    subscribe(`a:${at}`),
    finished(`call_${at + 1}`),
  ]).flat();
  const { sent } = play([subscribe('more')], play(many, READY).state);
  assert.equal(sent[0]?.error?.data?.code, 'gateway.too_many_subscriptions');
});

test('log messages reach a session at or above the level it has set', () => {
  const all = play([logged('debug'), logged('error')], READY);
  assert.equal(all.sent.length, 2);
  const warned = play([request(1, 'logging/setLevel', { level: 'warning' })], READY).state;
  const { sent } = play([logged('info'), logged('warning'), logged('emergency')], warned);
  assert.deepEqual(
    sent.map((line) => line.params?.['level']),
    ['warning', 'emergency'],
  );
  const of = (level: string): Input => ({
    kind: 'message_of',
    callId: 'call_1',
    params: { level },
  });
  const acted = play([request(2, 'tools/call', { name: 'a' }), of('info'), of('alert')], warned);
  assert.deepEqual(
    acted.sent.map((line) => line.params),
    [{ level: 'alert' }],
  );
});

test('a stateless request gets the messages it asks for, and no others', () => {
  const opened = openState(FULL_OFFER, 'stateless');
  const of = (level: string): Input => ({
    kind: 'message_of',
    callId: 'call_1',
    params: { level },
  });
  const call = (meta: object): Input =>
    request(1, 'tools/call', modern({ name: 'a', arguments: {} }, meta));
  const silent = play([call({}), of('emergency')], opened);
  assert.deepEqual(silent.sent, []);
  const loud = call({ 'io.modelcontextprotocol/logLevel': 'error' });
  assert.equal(play([loud, of('info'), of('error'), logged('error')], opened).sent.length, 1);
  const wrong = play([call({ 'io.modelcontextprotocol/logLevel': 'loud' })], opened);
  assert.equal(wrong.sent[0]?.error?.code, -32602);
});

test('roots that changed are told to the daemon, and a finished elicitation to the client', () => {
  const changed = note('notifications/roots/list_changed');
  assert.deepEqual(play([changed], READY).effects, [{ kind: 'roots_changed' }]);
  assert.deepEqual(play([changed], openState(FULL_OFFER)).effects, []);
  const complete = notice({ kind: 'elicitation_complete', params: { elicitationId: 'e' } });
  assert.deepEqual(play([complete], READY).sent[0]?.params, { elicitationId: 'e' });
});
