import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@ioi/canon';
import {
  FULL_OFFER,
  finished,
  frame,
  initialize,
  modern,
  play,
  ready,
  request,
} from '../testing/play.ts';
import type { Answer } from './backend.ts';
import { type Input, openState } from './state.ts';

const READY = ready();
const STATELESS = openState(FULL_OFFER, 'stateless');

test('each act goes out as it came, without what belongs to the request that carries it', () => {
  const acts: [string, object][] = [
    ['tools/call', { name: 'a', arguments: { x: [1] }, future: { b: 1 } }],
    ['resources/read', { uri: 'a:b', future: 1 }],
    ['prompts/get', { name: 'a', arguments: { x: 'y' } }],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'a' }, argument: ARGUMENT }],
  ];
  const own = { progressToken: 't', traceparent: '00-1', 'com.example/x': { y: 1 } };
  for (const [method, params] of acts) {
    const given = { ...params, task: { ttl: 1 }, inputResponses: {} };
    const old = play([request(1, method, { ...given, _meta: own })], READY);
    const young = play([request(1, method, modern(given, own))], STATELESS);
    for (const { effects } of [old, young]) {
      const [effect] = effects;
      assert.deepEqual(effect?.kind === 'act' && effect.act, {
        method,
        params,
        meta: { traceparent: '00-1', 'com.example/x': { y: 1 } },
      });
    }
  }
});

const ARGUMENT = { name: 'x', value: 'y' };

test('wrong parameters of an act are refused before anything is captured', () => {
  const wrong: [string, object][] = [
    ['resources/read', {}],
    ['resources/read', { uri: '' }],
    ['resources/subscribe', { uri: 7 }],
    ['prompts/get', { name: '' }],
    ['prompts/get', { name: 'a', arguments: { x: 1 } }],
    ['prompts/get', { name: 'x'.repeat(129) }],
    ['completion/complete', { argument: ARGUMENT }],
    ['completion/complete', { ref: { type: 'ref/other', name: 'a' }, argument: ARGUMENT }],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'a' }, argument: { name: 'x' } }],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'a' } }],
  ];
  for (const [method, params] of wrong) {
    const { sent, effects } = play([request(1, method, params)], READY);
    assert.deepEqual([sent[0]?.error?.code, effects.length], [-32602, 1], JSON.stringify(params));
  }
});

test('lists are one page each, with every field the items came with', () => {
  const lists = [
    ['tools/list', 'tools', 'tools'],
    ['resources/list', 'resources', 'resources'],
    ['resources/templates/list', 'resource_templates', 'resourceTemplates'],
    ['prompts/list', 'prompts', 'prompts'],
  ] as const;
  const items = [{ name: 'a', _meta: { x: 1 }, future: ['kept'] }];
  for (const [method, list, name] of lists) {
    const listed: Input = {
      kind: 'listed',
      callId: 'call_1',
      listing: { items, ttlMs: 7, cacheScope: 'public' },
    };
    const old = play([request(1, method), listed], READY);
    assert.deepEqual(old.effects[0], { kind: 'list', callId: 'call_1', list });
    const support = name === 'tools' ? { execution: { taskSupport: 'optional' } } : {};
    assert.deepEqual(old.sent[0]?.result, { [name]: items.map((one) => ({ ...one, ...support })) });
    const { sent } = play([request(1, method, modern()), listed], STATELESS);
    const { _meta, ...result } = sent[0]?.result ?? {};
    const page = { resultType: 'complete', [name]: items, ttlMs: 7, cacheScope: 'public' };
    assert.deepEqual(result, page);
    const paged = play([request(1, method, { cursor: 'x' })], READY);
    assert.equal(paged.sent[0]?.error?.code, -32602);
  }
});

test('what no server offers is refused by name', () => {
  const offer = { ...FULL_OFFER, capabilities: { prompts: {} } };
  const methods = ['tools/list', 'resources/templates/list', 'completion/complete', 'tools/call'];
  const opened = openState(offer, 'stateless');
  for (const method of methods) {
    const old = play([request(1, method)], ready({}, offer));
    const young = play([request(1, method, modern())], opened);
    assert.deepEqual([old.sent[0]?.error?.code, young.sent[0]?.error?.code], [-32601, -32601]);
    const [effect] = young.effects;
    assert.equal(effect?.kind === 'send' && effect.status, 404);
  }
  const level = play([request(1, 'logging/setLevel', { level: 'info' })], ready({}, offer));
  assert.equal(level.sent[0]?.error?.code, -32601);
});

test('tasks are offered by this side, everything else is as the servers declare it', () => {
  const capabilities = {
    tools: { listChanged: true, future: 1 },
    tasks: { list: {}, future: {} },
    extensions: { 'io.modelcontextprotocol/tasks': {}, 'io.modelcontextprotocol/ui': { a: 1 } },
  };
  const offer = { ...FULL_OFFER, capabilities };
  const kept = {
    tools: { listChanged: true, future: 1 },
    extensions: { 'io.modelcontextprotocol/ui': { a: 1 } },
  };
  const old = play([frame(initialize())], openState(offer));
  const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
  assert.deepEqual(old.sent[0]?.result?.['capabilities'], { ...kept, tasks });
  const young = play([request(1, 'server/discover', modern())], openState(offer));
  const extensions = { ...kept.extensions, 'io.modelcontextprotocol/tasks': {} };
  assert.deepEqual(young.sent[0]?.result?.['capabilities'], { ...kept, extensions });
});

test('results and errors are said in the words of the era of the client', () => {
  const result = { resultType: 'complete', ttlMs: 1, cacheScope: 'public', contents: [], x: 1 };
  const read = { uri: 'a:b' };
  const old = play([request(1, 'resources/read', read), finished('call_1', result)], READY);
  assert.deepEqual(old.sent[0]?.result, { contents: [], x: 1 });
  const given = { contents: [], _meta: { y: 1 } };
  const young = play(
    [request(1, 'resources/read', modern(read)), finished('call_1', given)],
    STATELESS,
  );
  assert.deepEqual(young.sent[0]?.result, {
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'private',
    contents: [],
    _meta: { y: 1, 'io.modelcontextprotocol/serverInfo': FULL_OFFER.serverInfo },
  });
  const codes = [
    [-32002, -32602],
    [-32042, -32000],
    [-32021, -32021],
    [7, 7],
  ] as const;
  for (const [code, translated] of codes) {
    const answer: Answer = { kind: 'error', error: { code, message: 'm', data: [1] } };
    const end: Input = { kind: 'finished', callId: 'call_1', answer };
    const before = play([request(1, 'resources/read', read), end], READY);
    assert.deepEqual(before.sent[0]?.error, answer.error);
    const after = play([request(1, 'resources/read', modern(read)), end], STATELESS);
    assert.equal(after.sent[0]?.error?.code, translated);
  }
});

test('what earlier clients cannot read of a tool is left out or said in their way', () => {
  const call = request(1, 'tools/call', { name: 'a' });
  const cases: [object, object][] = [
    [
      { content: [], structuredContent: { a: 1 } },
      { content: [], structuredContent: { a: 1 } },
    ],
    [
      { content: [], structuredContent: [1] },
      { content: [{ type: 'text', text: '[1]' }], structuredContent: { result: [1] } },
    ],
    [
      { content: [{ type: 'text', text: 'x' }], structuredContent: null },
      { content: [{ type: 'text', text: 'x' }], structuredContent: { result: null } },
    ],
  ];
  for (const [given, told] of cases) {
    const { sent } = play([call, finished('call_1', given as Json)], READY);
    assert.deepEqual(sent[0]?.result, told);
  }
  const inputSchema = { type: 'object' };
  const described = { name: 'a', inputSchema, outputSchema: { type: 'object', future: 1 } };
  const execution = { taskSupport: 'optional' };
  const items = [described, { name: 'b', inputSchema, outputSchema: { type: 'array' } }];
  const listing = { items, ttlMs: 0, cacheScope: 'public' } as const;
  const listed: Input = { kind: 'listed', callId: 'call_1', listing };
  const old = play([request(1, 'tools/list'), listed], READY);
  assert.deepEqual(old.sent[0]?.result?.['tools'], [
    { ...described, execution },
    { name: 'b', inputSchema, execution },
  ]);
  const young = play([request(1, 'tools/list', modern()), listed], STATELESS);
  assert.deepEqual(young.sent[0]?.result?.['tools'], items);
});
