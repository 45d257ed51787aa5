import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputRequests } from '@ioi/protocol';
import fc from 'fast-check';
import { FULL_OFFER, finished, frame, modern, play, request } from '../testing/play.ts';
import { step } from './capture.ts';
import { type Effect, type Input, MAX_WAITING, openState, type State } from './state.ts';

const STATELESS = openState(FULL_OFFER, 'stateless');
const DECLARED = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, roots: {} } };
const NAME = { method: 'elicitation/create', params: { message: 'Name?', requestedSchema: {} } };
const ROOTS = { method: 'roots/list' };
const SAMPLE = { method: 'sampling/createMessage', params: { messages: [] } };

const call = (id: unknown, extra: object = {}): Input =>
  request(id, 'tools/call', modern({ name: 'a', arguments: { x: 1 }, ...extra }, DECLARED));
const asked = (requests: InputRequests, at = 1, callId = 'call_1'): Input => ({
  kind: 'asked',
  callId,
  askId: `ask_${at}`,
  token: `token_${at}`,
  requests,
});
const retry = (id: unknown, token: unknown, inputResponses: unknown = {}): Input =>
  call(id, { requestState: token, inputResponses });
const answers = (effects: readonly Effect[]) => effects.filter(({ kind }) => kind === 'answer');
const nameIn = (effect: Effect | undefined, key: string): unknown => {
  const response = effect?.kind === 'answer' ? effect.responses[key] : undefined;
  return response?.kind === 'error' && (response.error.data as { code: string }).code;
};

const WAITING = play([call(1), asked({ a: NAME, b: ROOTS })], STATELESS);

test('an act that asks answers its request with the questions, and waits for the retry', () => {
  const { _meta, ...question } = WAITING.sent[0]?.result ?? {};
  assert.deepEqual(question, {
    resultType: 'input_required',
    inputRequests: { a: NAME, b: ROOTS },
    requestState: 'token_1',
  });
  const given = { a: { action: 'accept' }, extra: { x: 1 } };
  const joined = play([retry(2, 'token_1', given)], WAITING.state);
  assert.deepEqual(joined.effects, [
    {
      kind: 'answer',
      askId: 'ask_1',
      responses: {
        a: { kind: 'result', result: { action: 'accept' } },
        extra: { kind: 'result', result: { x: 1 } },
      },
    },
  ]);
  const { sent, state } = play([finished('call_1', { content: [] })], joined.state);
  assert.deepEqual([sent[0]?.id, sent[0]?.result?.['resultType']], [2, 'complete']);
  assert.deepEqual(state.inFlight, []);
});

test('a state is good once, for the request it was given for', () => {
  const cases: [Input, string][] = [
    [retry(2, 'token_1-tampered'), 'gateway.state_unknown'],
    [retry(2, 7), 'gateway.state_unknown'],
    [call(2, { requestState: 'token_1', name: 'b' }), 'gateway.state_of_another_request'],
    [
      request(2, 'prompts/get', modern({ name: 'a', requestState: 'token_1' }, DECLARED)),
      'gateway.state_of_another_request',
    ],
    [retry(2, 'token_1', null), 'gateway.responses_invalid'],
    [retry(2, 'token_1', { a: 7 }), 'gateway.responses_invalid'],
  ];
  for (const [input, name] of cases) {
    const { sent, state } = play([input], WAITING.state);
    assert.deepEqual([sent[0]?.error?.code, sent[0]?.error?.data?.code], [-32602, name]);
    assert.equal(state.inFlight.length, 1);
  }
  const twice = play([retry(2, 'token_1'), retry(3, 'token_1')], WAITING.state);
  assert.equal(twice.sent[0]?.error?.data?.code, 'gateway.state_unknown');
});

test('an act asks as often as it wants, each time for another state', () => {
  const { sent } = play(
    [retry(2, 'token_1'), asked({ c: NAME }, 2), retry(3, 'token_1'), retry(4, 'token_2')],
    WAITING.state,
  );
  assert.deepEqual(
    sent.map((line) => [line.id, line.result?.['requestState'] ?? line.error?.data?.code]),
    [
      [2, 'token_2'],
      [3, 'gateway.state_unknown'],
    ],
  );
});

test('questions that come while an act waits are put one after the other', () => {
  const { sent, effects } = play(
    [asked({ c: NAME }, 2), retry(2, 'token_1'), retry(3, 'token_2'), finished('call_1')],
    WAITING.state,
  );
  assert.deepEqual(
    sent.map((line) => [line.id, line.result?.['resultType']]),
    [
      [2, 'input_required'],
      [3, 'complete'],
    ],
  );
  assert.equal(answers(effects).length, 2);
});

test('a client of this era is asked for what its request declares only', () => {
  const some = play([call(1), asked({ a: NAME, s: SAMPLE })], STATELESS);
  assert.deepEqual(some.sent[0]?.result?.['inputRequests'], { a: NAME });
  const joined = play([retry(2, 'token_1', { a: {}, s: {} })], some.state);
  assert.equal(nameIn(answers(joined.effects)[0], 's'), 'gateway.capability_missing');
  const none = play([call(1), asked({ s: SAMPLE })], STATELESS);
  assert.deepEqual(none.sent, []);
  assert.equal(nameIn(none.effects.at(-1), 's'), 'gateway.capability_missing');
  const complete = { ref: { type: 'ref/prompt', name: 'a' }, argument: { name: 'x', value: '' } };
  const cannot = play(
    [request(1, 'completion/complete', modern(complete, DECLARED)), asked({ a: NAME })],
    STATELESS,
  );
  assert.equal(nameIn(cannot.effects.at(-1), 'a'), 'gateway.cannot_ask');
});

test('a pause without questions is a state alone', () => {
  const { sent } = play([call(1), asked({})], STATELESS);
  assert.equal(sent[0]?.result?.['requestState'], 'token_1');
  assert.ok(!Object.hasOwn(sent[0]?.result ?? {}, 'inputRequests'));
});

test('an act that ends while it waits is answered to the retry', () => {
  const { sent, state } = play([finished('call_1', { x: 1 }), retry(2, 'token_1')], WAITING.state);
  assert.deepEqual([sent[0]?.id, sent[0]?.result?.['x']], [2, 1]);
  assert.deepEqual(state.inFlight, []);
});

test('an act is waited for so long, and then called off', () => {
  assert.deepEqual(WAITING.effects.at(-1), { kind: 'alarm', askId: 'ask_1', afterMs: 600_000 });
  const { effects, state } = play(
    [{ kind: 'rang', askId: 'ask_1' }, retry(2, 'token_1')],
    WAITING.state,
  );
  assert.deepEqual(effects[0], { kind: 'cancel', callId: 'call_1', cause: 'not_continued' });
  assert.equal(nameIn(answers(effects)[0], 'a'), 'gateway.ask_expired');
  const last = effects.at(-1);
  assert.ok(last?.kind === 'send' && last.line.includes('gateway.state_unknown'));
  assert.deepEqual(play([finished('call_1')], state).state.inFlight, []);
  const stale = play([retry(2, 'token_1'), { kind: 'rang', askId: 'ask_1' }], WAITING.state);
  assert.equal(stale.effects.length, 1);
});

test('acts that wait are bounded, and leave room for those that are worked on', () => {
  let state: State = STATELESS;
  for (let at = 1; at <= MAX_WAITING; at += 1) {
    const one = step(state, call(at)).state;
    state = step(one, asked({ a: NAME }, at, `call_${at}`)).state;
  }
  const more = play([call('more'), asked({ a: NAME }, 999, `call_${MAX_WAITING + 1}`)], state);
  assert.equal(nameIn(more.effects.at(-1), 'a'), 'gateway.too_many_asks');
});

const event = fc.record({
  kind: fc.constantFrom('call', 'ask', 'retry', 'finish', 'ring', 'gone', 'cancel'),
  at: fc.integer({ min: 1, max: 4 }),
});

test('whatever happens in whatever order, a request is answered at most once, an ask once', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 24 }), (events) => {
      let state: State = STATELESS;
      let nextId = 1;
      const asks = new Map<string, number>();
      const told = new Map<unknown, number>();
      const inputs = events.map(({ kind, at }, index): Input => {
        nextId += 1;
        if (kind === 'call') return call(nextId);
        if (kind === 'ask') {
          const input = asked({ a: NAME }, index + 100, `call_${at}`);
          asks.set(`ask_${index + 100}`, 0);
          return input;
        }
        if (kind === 'retry') return retry(nextId, tokenIn(state, at));
        if (kind === 'finish') return finished(`call_${at}`);
        if (kind === 'ring') return { kind: 'rang', askId: `ask_${100 + at}` };
        if (kind === 'gone') return { kind: 'gone', from: at === 1 ? '' : 'other' };
        return frame({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId: nextId - at },
        });
      });
      for (const input of [...inputs, { kind: 'closed' } as const]) {
        const stepped = step(state, input);
        for (const effect of stepped.effects) {
          if (effect.kind === 'answer') {
            asks.set(effect.askId, (asks.get(effect.askId) ?? 0) + 1);
          }
          if (effect.kind !== 'send') continue;
          const { id } = JSON.parse(effect.line) as { id: unknown };
          told.set(id, (told.get(id) ?? 0) + 1);
        }
        state = stepped.state;
      }
      assert.ok([...asks.values()].every((count) => count === 1));
      assert.ok([...told.values()].every((count) => count === 1));
    }),
    { numRuns: 3000 },
  );
});

/** The state of the act that has waited longest but `at` others, or one that nobody gave. */
function tokenIn(state: State, at: number): string {
  const open = state.inFlight.flatMap((entry) => entry.questions?.slice(0, 1) ?? []);
  return open[at - 1]?.token ?? 'none';
}

test('what a client answers before it is asked is taken for the first question it covers', () => {
  const given = { a: { action: 'accept' }, extra: { x: 1 } };
  const early = play([call(1, { inputResponses: given }), asked({ a: NAME })], STATELESS);
  assert.deepEqual(early.sent, []);
  assert.deepEqual(answers(early.effects), [
    {
      kind: 'answer',
      askId: 'ask_1',
      responses: {
        a: { kind: 'result', result: { action: 'accept' } },
        extra: { kind: 'result', result: { x: 1 } },
      },
    },
  ]);
  const again = play([asked({ a: NAME }, 2)], early.state);
  assert.equal(again.sent[0]?.result?.['resultType'], 'input_required');
  const short = play([call(1, { inputResponses: { b: {} } }), asked({ a: NAME })], STATELESS);
  assert.equal(short.sent[0]?.result?.['resultType'], 'input_required');
  const wrong = play([call(1, { inputResponses: { a: 7 } })], STATELESS);
  assert.equal(wrong.sent[0]?.error?.code, -32602);
});
