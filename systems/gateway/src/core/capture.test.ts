import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import fc from 'fast-check';
import {
  FULL_OFFER,
  finished,
  frame,
  initialize,
  modern,
  note,
  play as playFrom,
  ready,
  request,
  SERVER,
} from '../testing/play.ts';
import { step } from './capture.ts';
import { type Input, MAX_CALLS, MAX_DROPPED, openState, type State } from './state.ts';

const OFFER = {
  capabilities: { tools: { listChanged: true }, logging: {} },
  serverInfo: SERVER,
  instructions: 'Calls pass a policy boundary.',
};
const OPENED = openState(OFFER);
const PROPOSER = {
  era: 'stateful',
  capabilities: {},
  client: { name: 'c', version: '1' },
} as const;
const INITIALIZE = initialize();
const READY = ready({}, OFFER);

const play = (inputs: readonly Input[], from: State = OPENED) => playFrom(inputs, from);
const CHANGED: Input = { kind: 'notice', notice: { kind: 'list_changed', list: 'tools' } };
const call = (id: unknown, extra: object = {}): Input =>
  request(id, 'tools/call', { name: 'read_file', arguments: { path: 'a' }, ...extra });

test('a version this door speaks is agreed, anything else is answered with the newest', () => {
  const cases = [
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-03-26'],
    ['2024-11-05', '2024-11-05'],
    ['2026-07-28', '2025-11-25'],
    ['', '2025-11-25'],
  ];
  const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
  for (const [asked, agreed] of cases) {
    const params = { ...INITIALIZE.params, protocolVersion: asked };
    const { sent, state } = play([frame({ ...INITIALIZE, params })]);
    assert.deepEqual(sent[0]?.result, {
      protocolVersion: agreed,
      capabilities: { ...OFFER.capabilities, ...(agreed === '2025-11-25' ? { tasks } : {}) },
      serverInfo: SERVER,
      instructions: OFFER.instructions,
    });
    assert.deepEqual([state.phase, state.client], ['initialized', { name: 'c', version: '1' }]);
  }
});

test('before initialize only ping is served, afterwards initialize is not', () => {
  const early = play([request(1, 'tools/list'), call(2), request(3, 'ping')]);
  assert.deepEqual(
    early.sent.map((line) => line.error?.data?.code ?? line.result),
    ['gateway.not_initialized', 'gateway.not_initialized', {}],
  );
  const again = play([frame(INITIALIZE)], READY);
  assert.equal(again.sent[0]?.error?.data?.code, 'gateway.already_initialized');
});

test('methods of other eras and features not carried are refused by name', () => {
  for (const method of ['server/discover', 'resources/list', 'tasks/update', 'constructor', '']) {
    for (const state of [OPENED, READY]) {
      const { sent } = play([request(9, method)], state);
      assert.deepEqual(sent, [
        { jsonrpc: '2.0', id: 9, error: { code: -32601, message: `Method not found: ${method}` } },
      ]);
    }
  }
});

test('a listed tool passes with every field it came with', () => {
  const tools = [{ name: 'a', inputSchema: {}, _meta: { x: 1 }, future: ['kept'] }];
  const { effects } = play([request(1, 'tools/list', {})], READY);
  assert.deepEqual(effects, [{ kind: 'list', callId: 'call_1', list: 'tools' }]);
  const listing = { items: tools, ttlMs: 5, cacheScope: 'private' } as const;
  const { sent } = play(
    [request(1, 'tools/list'), { kind: 'listed', callId: 'call_1', listing }],
    READY,
  );
  const execution = { taskSupport: 'optional' };
  const told = tools.map((tool) => ({ ...tool, execution }));
  assert.deepEqual(sent, [{ jsonrpc: '2.0', id: 1, result: { tools: told } }]);
  const paged = play([request(2, 'tools/list', { cursor: 'x' })], READY);
  assert.equal(paged.sent[0]?.error?.code, -32602);
});

test('a call becomes one effect and its answer goes to its id', () => {
  const first = play([call('a', { _meta: { progressToken: 7 } }), call(1)], READY);
  const params = { name: 'read_file', arguments: { path: 'a' } };
  const act = { method: 'tools/call', params };
  assert.deepEqual(first.effects, [
    { kind: 'act', callId: 'call_1', act, proposer: PROPOSER },
    { kind: 'act', callId: 'call_2', act, proposer: PROPOSER },
  ]);
  const error = { code: -32000, message: 'upstream' };
  const { sent, state } = play(
    [
      { kind: 'finished', callId: 'call_2', answer: { kind: 'result', result: { content: [] } } },
      { kind: 'finished', callId: 'call_1', answer: { kind: 'error', error } },
      { kind: 'finished', callId: 'call_1', answer: { kind: 'error', error } },
      { kind: 'finished', callId: 'call_9', answer: { kind: 'error', error } },
    ],
    first.state,
  );
  assert.deepEqual(sent, [
    { jsonrpc: '2.0', id: 1, result: { content: [] } },
    { jsonrpc: '2.0', id: 'a', error },
  ]);
  assert.deepEqual(state.inFlight, []);
});

test('wrong call parameters are refused before anything is captured', () => {
  const wrong = [
    { name: 7 },
    { name: '' },
    { arguments: {} },
    { name: 'a', arguments: [] },
    { name: 'a', arguments: 'x' },
  ];
  for (const params of [...wrong, []]) {
    const { sent, effects } = play([request(1, 'tools/call', params)], READY);
    assert.equal(sent[0]?.error?.code, -32602);
    assert.equal(effects.length, 1);
  }
  const absent = play([request(1, 'tools/call', { name: 'a' })], READY);
  const [effect] = absent.effects;
  assert.deepEqual(effect?.kind === 'act' && effect.act.params, { name: 'a', arguments: {} });
});

test('a name of over 128 characters, of a tool or of an argument, is refused by name', () => {
  const [most, over] = ['x'.repeat(128), 'x'.repeat(129)];
  for (const params of [{ name: over }, { name: 'a', arguments: { [over]: 1 } }]) {
    const { sent, effects } = play([request(1, 'tools/call', params)], READY);
    assert.equal(sent[0]?.error?.data?.code, 'gateway.name_too_long');
    assert.equal(effects.length, 1);
  }
  const kept = play([request(1, 'tools/call', { name: most, arguments: { [most]: over } })], READY);
  assert.equal(kept.effects[0]?.kind, 'act');
});

test('an id in flight cannot be used again, a number is not its text', () => {
  const { sent, effects } = play([call(1), call(1), call('1')], READY);
  assert.equal(effects.filter((effect) => effect.kind === 'act').length, 2);
  assert.deepEqual(
    sent.map((line) => [line.id, line.error?.data?.code]),
    [[1, 'gateway.duplicate_id']],
  );
});

test('a cancelled call is told to the daemon once and never answered', () => {
  const { effects, sent, state } = play(
    [
      call(1),
      note('notifications/cancelled', { requestId: 1, reason: 'bored' }),
      note('notifications/cancelled', { requestId: 1 }),
      note('notifications/cancelled', { requestId: 2 }),
      note('notifications/cancelled', ['x']),
      { kind: 'progress', callId: 'call_1', done: 1 },
      finished('call_1'),
    ],
    READY,
  );
  assert.deepEqual(effects.slice(1), [
    { kind: 'cancel', callId: 'call_1', cause: 'client_cancelled', reason: 'bored' },
  ]);
  assert.deepEqual([sent, state.inFlight], [[], []]);
});

test('calls in flight are bounded, cancelled ones count until they end', () => {
  const calls = Array.from({ length: MAX_CALLS }, (_, at) => call(at));
  const cancels = [note('notifications/cancelled', { requestId: 0 })];
  const full = play([...calls, ...cancels, call('more')], READY);
  assert.equal(full.sent[0]?.error?.data?.code, 'gateway.too_many_calls');
  const room = play([finished('call_1'), call('more')], full.state);
  assert.deepEqual([room.sent, room.effects.length], [[], 1]);
});

test('the bytes of the calls in flight are bounded too', () => {
  const large = (id: number): Input =>
    request(id, 'tools/call', { name: 'w', arguments: { text: 'x'.repeat(15 * 1024 * 1024) } });
  const { sent, effects } = play([large(1), large(2), large(3), large(4), large(5)], READY);
  assert.deepEqual(
    sent.map((line) => [line.id, line.error?.data?.code]),
    [[5, 'gateway.too_many_calls']],
  );
  assert.equal(effects.filter((effect) => effect.kind === 'act').length, 4);
});

test('progress goes out under the token of the client and only forwards', () => {
  const progress = (done: number, extra: object = {}): Input => ({
    kind: 'progress',
    callId: 'call_1',
    done,
    ...extra,
  });
  const inputs = [
    call(1, { _meta: { progressToken: 'tok' } }),
    progress(1, { total: 3, message: 'm' }),
    progress(1),
    progress(0),
    progress(Number.NaN),
    progress(2),
  ];
  assert.deepEqual(
    play(inputs, READY).sent.map((line) => [line.method, line.params]),
    [
      ['notifications/progress', { progressToken: 'tok', progress: 1, total: 3, message: 'm' }],
      ['notifications/progress', { progressToken: 'tok', progress: 2 }],
    ],
  );
  assert.deepEqual(play([call(1), progress(1)], READY).sent, []);
});

test('changed tools are announced once the client is ready', () => {
  assert.deepEqual(play([CHANGED], OPENED).sent, []);
  assert.deepEqual(play([frame(INITIALIZE), CHANGED]).sent.length, 1);
  assert.deepEqual(play([CHANGED], READY).sent, [
    { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
  ]);
});

test('log levels are accepted, other words are not', () => {
  const good = play([request(1, 'logging/setLevel', { level: 'warning' })], READY);
  assert.deepEqual([good.sent[0]?.result, good.state.logLevel], [{}, 'warning']);
  const bad = play([request(1, 'logging/setLevel', { level: 'loud' })], READY);
  assert.equal(bad.sent[0]?.error?.code, -32602);
});

test('unreadable input leaves a drop over its bytes and an error for its id', () => {
  const text = '{"jsonrpc":"2.0","id":4,"method":"tools/call","method":"ping"}';
  const bytes = new TextEncoder().encode(text);
  const { effects, sent } = play([{ kind: 'frame', bytes }], READY);
  assert.deepEqual(effects[0], {
    kind: 'drop',
    rawHash: digestBytes(text),
    byteCount: text.length,
    code: 'canon.refused',
    detail: 'canon.duplicate_key',
  });
  assert.deepEqual([sent[0]?.id, sent[0]?.error?.code], [4, -32700]);
  const batch = play([frame([{ jsonrpc: '2.0', id: 1, method: 'ping' }])], READY);
  assert.deepEqual([batch.sent[0]?.id, batch.sent[0]?.error?.code], [null, -32600]);
  assert.equal(batch.effects[0]?.kind === 'drop' && batch.effects[0].code, 'request.invalid');
});

test('an error for unreadable input never ends a request in flight', () => {
  const bytes = new TextEncoder().encode('{"jsonrpc":"2.0","id":4,"id":4,"method":"ping"}');
  const oversized: Input = {
    kind: 'oversized',
    byteCount: 2e8,
    prefixDigest: digestBytes('x'),
    id: 4,
  };
  const { sent } = play([call(4), { kind: 'frame', bytes }, oversized], READY);
  assert.deepEqual(
    sent.map((line) => line.id),
    [null, null],
  );
  const { sent: alone } = play([oversized], READY);
  assert.deepEqual([alone[0]?.id, alone[0]?.error?.data?.code], [4, 'request.too_large']);
});

test('a peer that sends nothing readable is disconnected', () => {
  const noise = Array.from(
    { length: MAX_DROPPED },
    (): Input => ({
      kind: 'frame',
      bytes: Uint8Array.of(0x7b),
    }),
  );
  const { state, effects } = play([call(1), ...noise], READY);
  assert.equal(state.phase, 'closed');
  assert.deepEqual(effects.slice(-2), [
    { kind: 'cancel', callId: 'call_1', cause: 'client_closed' },
    { kind: 'close' },
  ]);
});

test('after the peer has closed nothing is sent any more', () => {
  const { effects } = play([call(1), { kind: 'closed' }, finished('call_1'), call(2)], READY);
  assert.deepEqual(effects.slice(1), [
    { kind: 'cancel', callId: 'call_1', cause: 'client_closed' },
    { kind: 'close' },
  ]);
});

const STATELESS = openState(FULL_OFFER, 'stateless');
const SEEDS = [
  INITIALIZE,
  { jsonrpc: '2.0', id: 4, method: 'server/discover', params: modern() },
  { jsonrpc: '2.0', id: 5, method: 'tools/call', params: modern({ name: 'a', arguments: {} }) },
  { jsonrpc: '2.0', id: 6, method: 'resources/read', params: modern({ uri: 'a:b' }) },
  {
    jsonrpc: '2.0',
    id: 7,
    method: 'prompts/get',
    params: modern({ name: 'a', requestState: 's' }),
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'a', arguments: { p: 'é' } } },
  { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } },
  { jsonrpc: '2.0', id: 'x', method: 'ping' },
  { jsonrpc: '2.0', id: 3, result: {} },
].map((message) => new TextEncoder().encode(JSON.stringify(message)));

const edit = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
const mutated = fc.tuple(fc.constantFrom(...SEEDS), fc.array(edit, { maxLength: 3 }));
const session = fc.array(mutated, { maxLength: 8 });

test('mutated frames never throw and every request with an id gets exactly one answer', () => {
  fc.assert(
    fc.property(session, fc.constantFrom(READY, OPENED, STATELESS), (frames, opened) => {
      let state: State = opened;
      for (const [seed, edits] of frames) {
        const bytes = Uint8Array.from(seed);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        const { state: next, effects } = step(state, { kind: 'frame', bytes });
        const answers = effects.filter((effect) => effect.kind === 'send').length;
        const started = next.inFlight.length - state.inFlight.length;
        const isRequest = answers + started === 1;
        assert.ok(isRequest || (answers === 0 && started === 0));
        assert.equal(isRequest, expectsAnswer(bytes), new TextDecoder().decode(bytes));
        state = next;
      }
      const ended = endAll(state);
      const waiting = state.inFlight.filter((entry) => !entry.cancelled);
      assert.deepEqual(
        ended.sent.map((line) => line.id),
        waiting.map((entry) => entry.id),
      );
      assert.deepEqual(ended.state.inFlight, []);
    }),
    { numRuns: 20_000 },
  );
});

/** An independent reading: unreadable input and anything with an id and no response is answered. */
function expectsAnswer(bytes: Uint8Array): boolean {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return true;
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return true;
  const { jsonrpc, id, method, result, params } = message as Record<string, unknown>;
  if (jsonrpc !== '2.0') return true;
  const isOddId = id !== undefined && typeof id !== 'string' && !Number.isSafeInteger(id);
  const isOddParams = params !== undefined && (typeof params !== 'object' || params === null);
  if (isOddId || isOddParams) return true;
  if (method === undefined) return result === undefined || id === undefined;
  return id !== undefined || typeof method !== 'string' || result !== undefined;
}

function endAll(state: State) {
  return play(
    state.inFlight.map(({ callId }) => finished(callId)),
    state,
  );
}
