import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_OFFER, frame, initialize, modern, play, request, SERVER } from '../testing/play.ts';
import { type Input, openState } from './state.ts';

const OPENED = openState(FULL_OFFER);
const STATELESS = openState(FULL_OFFER, 'stateless');
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

test('what a client opens with decides its era, and a session stays one', () => {
  const probe = request(1, 'server/discover', modern());
  const young = play([probe, request(2, 'tools/list', modern())], OPENED);
  assert.deepEqual(young.sent[0]?.result?.['supportedVersions'], ['2026-07-28']);
  assert.equal(young.state.inFlight[0]?.era, 'stateless');
  const both = play([probe, frame(initialize()), probe], OPENED);
  assert.equal(both.sent[1]?.result?.['protocolVersion'], '2025-11-25');
  assert.equal(both.sent[2]?.error?.code, -32601);
  const listed = play([request(3, 'tools/list', modern())], both.state);
  assert.equal(listed.state.inFlight[0]?.era, 'stateful');
});

test('a request without what it has to say of itself is refused', () => {
  const wrong: [object | undefined, number][] = [
    [undefined, -32602],
    [{}, -32602],
    [{ _meta: 7 }, -32602],
    [{ _meta: { [CAPABILITIES]: {} } }, -32602],
    [{ _meta: { [VERSION]: '2026-07-28' } }, -32602],
    [{ _meta: { [VERSION]: '2026-07-28', [CAPABILITIES]: [] } }, -32602],
    [{ _meta: { [VERSION]: '2025-11-25', [CAPABILITIES]: {} } }, -32022],
    [{ _meta: { [VERSION]: 'v9', [CAPABILITIES]: {} } }, -32022],
  ];
  for (const [params, code] of wrong) {
    const { sent, effects } = play([request(1, 'tools/list', params)], STATELESS);
    assert.equal(sent[0]?.error?.code, code);
    const [effect] = effects;
    assert.equal(effect?.kind === 'send' && effect.status, 400);
  }
  const unknown = play([request(1, 'x', { _meta: { [VERSION]: 'v9' } })], STATELESS);
  const data = { supported: ['2026-07-28'], requested: 'v9' };
  assert.deepEqual(unknown.sent[0]?.error?.data, data);
});

test('who proposes is what the request says, and not what an earlier one said', () => {
  const call = (id: number, capabilities: object): Input =>
    request(id, 'tools/call', modern({ name: 'a' }, { [CAPABILITIES]: capabilities }));
  const { effects } = play([call(1, { roots: {} }), call(2, {})], STATELESS);
  assert.deepEqual(
    effects.map((effect) => effect.kind === 'act' && effect.proposer),
    [
      { era: 'stateless', capabilities: { roots: {} }, client: { name: 'c', version: '1' } },
      { era: 'stateless', capabilities: {}, client: { name: 'c', version: '1' } },
    ],
  );
});

test('methods that this era has removed are refused by name', () => {
  const removed = [
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
    'tasks/result',
    'tasks/list',
    'constructor',
  ];
  for (const method of removed) {
    const { sent, effects } = play([request(1, method, modern({ uri: 'a:b' }))], STATELESS);
    assert.equal(sent[0]?.error?.code, -32601, method);
    const [effect] = effects;
    assert.equal(effect?.kind === 'send' && effect.status, 404);
  }
});

test('discovery says which revisions, what is offered, and who offers it', () => {
  const offer = { ...FULL_OFFER, instructions: 'Mind the gap.' };
  const { sent } = play([request(1, 'server/discover', modern())], openState(offer));
  assert.deepEqual(sent[0]?.result, {
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'private',
    supportedVersions: ['2026-07-28'],
    capabilities: {
      ...FULL_OFFER.capabilities,
      extensions: { 'io.modelcontextprotocol/tasks': {} },
    },
    instructions: 'Mind the gap.',
    _meta: { 'io.modelcontextprotocol/serverInfo': SERVER },
  });
});

test('ids belong to the stream they came on, and its end cancels what came on it', () => {
  const call = (from: string): Input =>
    frame({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: modern({ name: 'a' }) }, from);
  const { effects, state } = play([call('x'), call('y'), call('x')], STATELESS);
  const last = effects.at(-1);
  assert.ok(last?.kind === 'send' && last.to === 'x' && last.line.includes('duplicate_id'));
  const left = play([{ kind: 'gone', from: 'x' }], state);
  assert.deepEqual(left.effects, [{ kind: 'cancel', callId: 'call_1', cause: 'client_closed' }]);
});
