import type { Template } from './mutate.ts';

const RESERVED = 'io.modelcontextprotocol';
const CLIENT = { name: 'frames', version: '1' };

/** Methods an honest client of either era uses, with what it sends along. */
const REQUESTS: readonly (readonly [string, object])[] = [
  // Several times, since these are what may have effects.
  ['tools/call', { name: 'append', arguments: { id: 'mutated' } }],
  ['tools/call', { name: 'append', arguments: { id: 'another', id2: [1, { a: null }] } }],
  ['tools/call', { name: 'append', arguments: { id: 'a', x: 1.5, y: { z: 'deep' } } }],
  ['tools/call', { arguments: { id: 'b' }, name: 'append' }],
  ['tools/call', { name: 'append', arguments: { id: 'mutated' }, _meta: { progressToken: 7 } }],
  ['tools/call', { name: 'nowhere', arguments: {} }],
  ['tools/list', {}],
  ['resources/list', { cursor: 'x' }],
  ['resources/read', { uri: 'ledger://all' }],
  ['resources/subscribe', { uri: 'ledger://all' }],
  ['prompts/get', { name: 'sum', arguments: { of: 'ledger' } }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'sum' }, argument: { name: 'of', value: 'l' } },
  ],
  ['ping', {}],
];

const request = (id: number, method: string, params: object): Template => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const notification = (method: string, params: object): Template => ({
  jsonrpc: '2.0',
  method,
  params,
});

export const STATEFUL: readonly Template[] = [
  ...REQUESTS.map(([method, params], at) => request(1_000_000 + at, method, params)),
  request(1_000_090, 'logging/setLevel', { level: 'debug' }),
  request(1_000_091, 'initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: CLIENT,
  }),
  notification('notifications/initialized', {}),
  notification('notifications/cancelled', { requestId: 1_000_000, reason: 'x' }),
  notification('notifications/roots/list_changed', {}),
  { jsonrpc: '2.0', id: 1, result: { roots: [] } },
  { jsonrpc: '2.0', id: 2, error: { code: -1, message: 'no' } },
];

const ENVELOPE = {
  [`${RESERVED}/protocolVersion`]: '2026-07-28',
  [`${RESERVED}/clientInfo`]: CLIENT,
  [`${RESERVED}/clientCapabilities`]: { elicitation: {}, sampling: {}, roots: {} },
};

export const STATELESS: readonly Template[] = [
  ...REQUESTS.map(([method, params], at) =>
    request(1_000_000 + at, method, { ...params, _meta: ENVELOPE }),
  ),
  request(1_000_090, 'server/discover', { _meta: ENVELOPE }),
  request(1_000_091, 'subscriptions/listen', {
    notifications: { toolsListChanged: true },
    _meta: ENVELOPE,
  }),
  request(1_000_092, 'tools/call', {
    name: 'append',
    arguments: { id: 'mutated' },
    requestState: 'x',
    inputResponses: { a: { action: 'accept', content: {} } },
    _meta: ENVELOPE,
  }),
];

/** What a server may send while it answers the request of this id. */
export function fromServer(id: unknown): readonly Template[] {
  const said = { content: [{ type: 'text', text: 'appended' }] };
  return [
    { jsonrpc: '2.0', id, result: said },
    { jsonrpc: '2.0', id: 987_654, result: said },
    { jsonrpc: '2.0', id: 987_655, error: { code: -32000, message: 'no', data: { a: 1 } } },
    { jsonrpc: '2.0', id, result: { resultType: 'input_required', inputRequests: {} } },
    notification('notifications/progress', { progressToken: id, progress: 1, total: 2 }),
    notification('notifications/message', { level: 'info', data: 'x' }),
    notification('notifications/resources/updated', { uri: 'ledger://all' }),
    notification('notifications/elicitation/complete', { elicitationId: 'x' }),
    request(5, 'sampling/createMessage', { messages: [], maxTokens: 1 }),
    request(6, 'elicitation/create', {
      message: 'x',
      requestedSchema: { type: 'object', properties: {} },
    }),
    request(7, 'roots/list', {}),
    request(8, 'ping', {}),
  ];
}
