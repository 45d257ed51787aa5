import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { Backend, Cancellation } from '../../core/backend.ts';
import { fixtureBackend } from '../../testing/fixture-backend.ts';
import { type Asked, ask, events, open, serve } from '../../testing/http.ts';
import { modern } from '../../testing/play.ts';

const DECLARED = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };

/** A request of MCP 2026-07-28 with the headers it has to have. */
function young(id: unknown, method: string, params: object = {}, meta: object = {}): Asked {
  const { name, uri } = params as { name?: string; uri?: string };
  const mirrored = name ?? uri;
  return {
    body: { jsonrpc: '2.0', id, method, params: modern(params, meta) },
    headers: {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(mirrored === undefined ? {} : { 'mcp-name': mirrored }),
    },
  };
}
const call = (id: unknown, name: string, extra: object = {}, meta: object = {}): Asked =>
  young(id, 'tools/call', { name, arguments: {}, ...extra }, meta);

test('each request comes alone, without a session', async (t) => {
  const { url, endpoint } = await serve(t);
  const got = await ask(url, call(1, 'test_simple_text'));
  assert.deepEqual([got.status, got.lines[0]?.result?.['resultType']], [200, 'complete']);
  assert.deepEqual([got.headers['mcp-session-id'], endpoint.sessions], [undefined, 0]);
  const { headers } = call(1, 'x');
  for (const method of ['GET', 'DELETE']) {
    const refused = await ask(url, { method, headers: { ...headers } });
    assert.deepEqual([refused.status, refused.headers['allow']], [405, 'POST']);
  }
  const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
  assert.equal((await ask(url, { ...call(1, 'x'), body: note })).status, 202);
  const response = { jsonrpc: '2.0', id: 1, result: {} };
  assert.equal((await ask(url, { ...call(1, 'x'), body: response })).status, 400);
});

test('headers that do not say what the body says are refused', async (t) => {
  const { url } = await serve(t);
  const good = call(1, 'test_header_mirror', { arguments: { region: 'ü' } });
  const region = '=?base64?w7w=?=';
  const changes: [object, number][] = [
    [{ 'mcp-param-region': region }, 200],
    [{ 'mcp-param-region': region, 'mcp-name': '=?base64?dGVzdF9oZWFkZXJfbWlycm9y?=' }, 200],
    [{ 'mcp-param-region': region, 'mcp-protocol-version': undefined }, 400],
    [{ 'mcp-param-region': region, 'mcp-protocol-version': '2025-11-25' }, 400],
    [{ 'mcp-param-region': region, 'mcp-method': 'tools/list' }, 400],
    [{ 'mcp-param-region': region, 'mcp-method': undefined }, 400],
    [{ 'mcp-param-region': region, 'mcp-name': 'other' }, 400],
    [{ 'mcp-param-region': region, 'mcp-name': undefined }, 400],
    [{ 'mcp-param-region': 'other' }, 400],
    [{ 'mcp-param-region': '=?base64?!?=' }, 400],
    [{}, 400],
  ];
  for (const [change, status] of changes) {
    const got = await ask(url, { ...good, headers: { ...good.headers, ...change } });
    assert.equal(got.status, status, JSON.stringify(change));
    if (status === 400) assert.equal(got.lines[0]?.error?.code, -32020);
  }
});

test('errors of this era have a status that says them', async (t) => {
  const { url } = await serve(t);
  const cases: [Asked, number, number][] = [
    [call(1, 'test_missing_capability'), 400, -32021],
    [young(1, 'initialize'), 404, -32601],
    [young(1, 'resources/read', { uri: 'test://none' }), 200, -32602],
    [{ ...call(1, 'x'), body: { jsonrpc: '2.0', id: 1, method: 'tools/call' } }, 400, -32020],
    [{ ...young(1, 'tools/list'), body: '{"id":1' }, 400, -32700],
  ];
  for (const [asked, status, code] of cases) {
    const got = await ask(url, asked);
    assert.deepEqual([got.status, got.lines[0]?.error?.code], [status, code]);
  }
});

test('an act that asks is joined by the retry that brings its state', async (t) => {
  const { url } = await serve(t);
  const name = 'test_input_required_result_multi_round';
  let given: object = {};
  const seen: unknown[] = [];
  for (const step of ['step1', 'step2', 'done']) {
    const got = await ask(url, call(step, name, given, DECLARED));
    const { requestState, inputRequests, resultType } = got.lines[0]?.result ?? {};
    seen.push(resultType);
    if (resultType === 'complete') break;
    assert.deepEqual(Object.keys(inputRequests as object), [step]);
    given = { requestState, inputResponses: { [step]: { action: 'accept', content: {} } } };
  }
  assert.deepEqual(seen, ['input_required', 'input_required', 'complete']);
  const stale = await ask(url, call(9, name, given, DECLARED));
  assert.equal(stale.lines[0]?.error?.data?.code, 'gateway.state_unknown');
});

test('a state is of its principal alone', async (t) => {
  const authorise = async (bearer?: string) =>
    bearer === undefined ? ({ refusal: 'missing' } as const) : { ok: bearer };
  const { url } = await serve(t, { authorise });
  const as = (who: string, asked: Asked): Asked => ({
    ...asked,
    headers: { ...asked.headers, authorization: `Bearer ${who}` },
  });
  const name = 'test_input_required_result_elicitation';
  const first = await ask(url, as('anna', call(1, name, {}, DECLARED)));
  const requestState = first.lines[0]?.result?.['requestState'];
  const given = { requestState, inputResponses: { user_name: { action: 'accept' } } };
  const other = await ask(url, as('bob', call(2, name, given, DECLARED)));
  assert.equal(other.lines[0]?.error?.data?.code, 'gateway.state_unknown');
  const own = await ask(url, as('anna', call(3, name, given, DECLARED)));
  assert.equal(own.lines[0]?.result?.['resultType'], 'complete');
});

test('a client that closes its response cancels the act', async (t) => {
  const aborted = Promise.withResolvers<unknown>();
  const backendFor = (): Backend => ({
    ...fixtureBackend(),
    act: async (_, { signal, onProgress }) => {
      onProgress({ done: 1, message: 'm' });
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
      });
      aborted.resolve((signal.reason as Cancellation).cause);
      return { kind: 'result', result: {} };
    },
  });
  const { url } = await serve(t, { backendFor });
  const response = await open(url, call(1, 'a', {}, { progressToken: 1 }));
  await events(response).next();
  response.destroy();
  assert.equal(await aborted.promise, 'client_closed');
});

test('a stream that listens is acknowledged, filtered, and ended in words', async (t) => {
  const { url, endpoint } = await serve(t);
  const notifications = { promptsListChanged: true, resourceSubscriptions: ['test://a'] };
  const asked = young('l', 'subscriptions/listen', { notifications });
  const stream = events(await open(url, asked));
  const first = (await stream.next()).value;
  assert.equal(first?.method, 'notifications/subscriptions/acknowledged');
  assert.deepEqual(first?.params?.['notifications'], notifications);
  await ask(url, call(2, 'test_trigger_tool_change'));
  endpoint.notify({ kind: 'resource_updated', params: { uri: 'test://a' } }, () => false);
  endpoint.notify({ kind: 'resource_updated', params: { uri: 'test://a' } });
  const second = (await stream.next()).value;
  assert.equal(second?.method, 'notifications/resources/updated');
  endpoint.close();
  const last = (await stream.next()).value;
  assert.deepEqual([last?.id, last?.result?.['resultType']], ['l', 'complete']);
});

test('principals are bounded, and forgotten when nobody asks for them', async (t) => {
  const ended: string[] = [];
  const { url } = await serve(t, {
    authorise: async (bearer = '') => ({ ok: bearer }),
    backendFor: (principal) => ({ ...fixtureBackend(), ended: () => ended.push(principal) }),
    limits: { principals: 1, idleMs: 1500 },
  });
  const as = async (who: string): Promise<number> => {
    const asked = young(1, 'tools/list');
    const headers = { ...asked.headers, authorization: `Bearer ${who}` };
    return (await ask(url, { ...asked, headers })).status;
  };
  const listening = young('l', 'subscriptions/listen', { notifications: {} });
  const headers = { ...listening.headers, authorization: 'Bearer anna' };
  const stream = await open(url, { ...listening, headers });
  assert.deepEqual([await as('bob'), await as('anna')], [503, 200]);
  stream.destroy();
  await until('there is room', async () => (await as('bob')) === 200);
  assert.deepEqual(ended, ['anna']);
  await until('the other is forgotten', () => ended.length > 1);
  assert.deepEqual(ended, ['anna', 'bob']);
});
