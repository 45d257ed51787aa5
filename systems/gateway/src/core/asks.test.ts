import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputRequests } from '@ioi/protocol';
import fc from 'fast-check';
import {
  FULL_OFFER,
  finished,
  frame,
  initialize,
  note,
  play,
  ready,
  request,
} from '../testing/play.ts';
import { type Effect, type Input, MAX_ASKED, openState } from './state.ts';

const CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };
const READY = ready(CAPABILITIES);
const call = (id: number): Input => request(id, 'tools/call', { name: 'a' });
const asked = (requests: InputRequests, askId = 'ask_1'): Input => ({
  kind: 'asked',
  callId: 'call_1',
  askId,
  token: 'unguessable',
  requests,
});
const respond = (id: unknown, result: object): Input => frame({ jsonrpc: '2.0', id, result });
const FORM = { method: 'elicitation/create', params: { message: 'm', requestedSchema: {} } };
const ROOTS = { method: 'roots/list' };

function answers(effects: readonly Effect[]) {
  return effects.filter((effect) => effect.kind === 'answer');
}

const nameOf = (effect: Effect | undefined, key: string): unknown => {
  const response = effect?.kind === 'answer' ? effect.responses[key] : undefined;
  return response?.kind === 'error' && (response.error.data as { code: string }).code;
};

test('what an act asks goes to the client as requests of ours, and its responses come back', () => {
  const { effects, sent, state } = play([call(1), asked({ a: FORM, b: ROOTS })], READY);
  assert.deepEqual(sent, [
    { jsonrpc: '2.0', id: 'ask_1.1', method: 'elicitation/create', params: FORM.params },
    { jsonrpc: '2.0', id: 'ask_1.2', method: 'roots/list' },
  ]);
  assert.equal(answers(effects).length, 0);
  const error = { code: -1, message: 'no' };
  const later = play(
    [
      respond('ask_1.2', { roots: [] }),
      respond('ask_9.1', {}),
      frame({ jsonrpc: '2.0', id: 'ask_1.1', error }),
      respond('ask_1.1', {}),
    ],
    state,
  );
  assert.deepEqual(later.effects, [
    {
      kind: 'answer',
      askId: 'ask_1',
      responses: {
        b: { kind: 'result', result: { roots: [] } },
        a: { kind: 'error', error },
      },
    },
  ]);
  assert.deepEqual(later.state.asks, []);
});

test('a client is never asked for what it has not declared', () => {
  const tools = { method: 'sampling/createMessage', params: { messages: [], tools: [] } };
  const url = { method: 'elicitation/create', params: { mode: 'url', url: 'https://a' } };
  const sampling = { method: 'sampling/createMessage', params: { messages: [] } };
  const cases: [object, InputRequests, readonly string[]][] = [
    [{}, { FORM, ROOTS, sampling }, []],
    [{ elicitation: {} }, { FORM, url }, ['FORM']],
    [{ elicitation: { url: {} } }, { FORM, url }, ['url']],
    [{ elicitation: { url: {}, form: {} } }, { FORM, url }, ['FORM', 'url']],
    [{ sampling: {} }, { sampling, tools }, ['sampling']],
    [
      { sampling: { tools: {} }, roots: {} },
      { sampling, tools, ROOTS },
      ['sampling', 'tools', 'ROOTS'],
    ],
    [CAPABILITIES, { other: { method: 'tools/call' } }, []],
  ];
  for (const [capabilities, requests, granted] of cases) {
    const { sent, state, effects } = play([call(1), asked(requests)], ready(capabilities));
    assert.deepEqual(
      sent.map((line) => line.method),
      granted.map((name) => requests[name]?.method),
    );
    const done = granted.map((_, at) => respond(`ask_1.${at + 1}`, {}));
    const [answer] = [...answers(effects), ...answers(play(done, state).effects)];
    for (const name of Object.keys(requests).filter((each) => !granted.includes(each))) {
      const expected = name === 'other' ? 'gateway.ask_unknown' : 'gateway.capability_missing';
      assert.equal(nameOf(answer, name), expected);
    }
  }
});

test('nothing is asked before the client has said that it is initialized', () => {
  const opened = play([frame(initialize(CAPABILITIES)), call(1)], openState(FULL_OFFER)).state;
  const held = play([asked({ a: FORM })], opened);
  assert.deepEqual(held.sent, []);
  const { sent } = play([note('notifications/initialized')], held.state);
  assert.deepEqual(
    sent.map((line) => line.id),
    ['ask_1.1'],
  );
});

test('a client that does not respond in time is not waited for', () => {
  const { state, effects } = play([call(1), asked({ a: FORM, b: ROOTS })], READY);
  assert.deepEqual(effects.at(-1), { kind: 'alarm', askId: 'ask_1', afterMs: 600_000 });
  const late = play(
    [respond('ask_1.2', { roots: [] }), { kind: 'rang', askId: 'ask_1' }, respond('ask_1.1', {})],
    state,
  );
  assert.deepEqual(late.sent, [
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'ask_1.1' } },
  ]);
  const [answer, ...more] = answers(late.effects);
  assert.deepEqual([nameOf(answer, 'a'), more], ['gateway.ask_expired', []]);
});

test('what an act has asked is called off with it', () => {
  const open = play([call(1), asked({ a: FORM })], READY).state;
  const cancelled = note('notifications/cancelled', { requestId: 1 });
  for (const end of [finished('call_1'), cancelled]) {
    const { sent, effects, state } = play([end], open);
    assert.equal(sent[0]?.method, 'notifications/cancelled');
    assert.equal(nameOf(answers(effects)[0], 'a'), 'gateway.nobody_to_ask');
    assert.deepEqual(state.asks, []);
  }
  const gone = play([{ kind: 'closed' }, asked({ a: FORM }, 'ask_2')], open);
  assert.equal(gone.sent.length, 0);
  assert.equal(answers(gone.effects).length, 2);
  const unknown = play([asked({ a: FORM })], READY);
  assert.equal(nameOf(unknown.effects[0], 'a'), 'gateway.nobody_to_ask');
});

test('what a client is asked at once is bounded', () => {
  const many = Array.from({ length: MAX_ASKED }, (_, at) => asked({ a: FORM }, `ask_${at}`));
  const { effects } = play([call(1), ...many, asked({ a: FORM }, 'more')], READY);
  const [answer, ...others] = answers(effects);
  assert.deepEqual([nameOf(answer, 'a'), others], ['gateway.too_many_asks', []]);
});

const event = fc.record({
  kind: fc.constantFrom('call', 'ask', 'respond', 'finish', 'ring', 'cancel'),
  at: fc.integer({ min: 1, max: 4 }),
});

test('whatever happens in whatever order, every ask of a session is answered once', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 24 }), (events) => {
      const asks = new Map<string, number>();
      const told = new Map<unknown, number>();
      const inputs = events.map(({ kind, at }, index): Input => {
        if (kind === 'call') return call(index);
        if (kind === 'respond') return respond(`ask_${at * 3}.${(at % 2) + 1}`, {});
        if (kind === 'finish') return finished(`call_${at}`);
        if (kind === 'ring') return { kind: 'rang', askId: `ask_${at * 3}` };
        if (kind === 'cancel') return note('notifications/cancelled', { requestId: at * 2 });
        asks.set(`ask_${index}`, 0);
        return { ...asked({ a: FORM, b: ROOTS }, `ask_${index}`), callId: `call_${at}` } as Input;
      });
      const { effects } = play([...inputs, { kind: 'closed' }], READY);
      for (const effect of effects) {
        if (effect.kind === 'answer') asks.set(effect.askId, (asks.get(effect.askId) ?? 0) + 1);
        if (effect.kind !== 'send') continue;
        const { id, method } = JSON.parse(effect.line) as { id?: unknown; method?: string };
        if (method === undefined) told.set(id, (told.get(id) ?? 0) + 1);
      }
      assert.ok([...asks.values()].every((count) => count === 1));
      assert.ok([...told.values()].every((count) => count === 1));
    }),
    { numRuns: 2000 },
  );
});
