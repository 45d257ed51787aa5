import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Ask } from '@ioi/protocol';
import {
  answer,
  event,
  FINE,
  JSON_TYPE,
  type Received,
  refuse,
  rpc,
  type Script,
  STREAM_TYPE,
  statelessBasics,
  withScripted,
} from '../testing/scripted-http.ts';
import { textOf, toolCall } from '../testing/upstream-suite.ts';
import type { Notice, Upstream, UpstreamCall } from './upstream.ts';

const call = (upstream: Upstream, changes: Partial<UpstreamCall> = {}) =>
  toolCall(upstream, { tool: 'trick', arguments: {} }, { timeoutMs: 30_000, ...changes });
const metaOf = ({ message }: Received) => message.params?.['_meta'] as JsonObject;
const callsIn = (seen: Received[]) => seen.filter(({ message }) => message.method === 'tools/call');

/** A server without sessions whose one tool plays the trick. */
const playing =
  (trick: Script): Script =>
  (received, response, seen) => {
    if (!statelessBasics(received, response)) trick(received, response, seen);
  };
const fine: Script = ({ message }, response) => answer(response, message.id, FINE);

test('every request says what it is, and carries what the caller may say', async () => {
  await withScripted(playing(fine), async (upstream, seen) => {
    const capabilities = { elicitation: {} };
    const reserved = 'io.modelcontextprotocol/protocolVersion';
    const meta = { traceparent: '00-a', progressToken: 'mine', [reserved]: '1' };
    const onProgress = (): void => {};
    assert.equal(textOf(await call(upstream, { capabilities, meta, onProgress })), 'fine');
    assert.deepEqual(
      seen.map(({ headers }) => headers['mcp-method']),
      ['server/discover', 'tools/list', 'tools/call'],
    );
    for (const received of seen) {
      assert.equal(received.headers['mcp-protocol-version'], '2026-07-28');
      assert.equal(metaOf(received)[reserved], '2026-07-28');
      assert.ok(metaOf(received)['io.modelcontextprotocol/clientInfo']);
    }
    const [sent] = callsIn(seen);
    assert.ok(sent);
    assert.equal(sent.headers['mcp-name'], 'trick');
    assert.equal(metaOf(sent)['traceparent'], '00-a');
    assert.equal(metaOf(sent)['progressToken'], sent.message.id);
    assert.deepEqual(metaOf(sent)['io.modelcontextprotocol/clientCapabilities'], {
      ...capabilities,
      extensions: { 'io.modelcontextprotocol/tasks': {} },
    });
  });
});

test('a version that is refused is agreed on again, and no common one is named', async () => {
  const refusing =
    (supported: string[], times: number): Script =>
    (received, response, seen) => {
      const error = { code: -32022, message: 'no', data: { supported } };
      if (seen.length <= times) refuse(response, 400, { id: received.message.id, error });
      else statelessBasics(received, response);
    };
  await withScripted(refusing(['2026-07-28'], 1), async (upstream) => {
    assert.equal((await upstream.describe()).era, 'stateless');
  });
  for (const [supported, times] of [
    [['2030-01-01'], 1],
    [[], 1],
  ] as const) {
    await withScripted(refusing([...supported], times), async (upstream, seen) => {
      await assert.rejects(upstream.tools(), { code: 'upstream.version_unsupported' });
      assert.ok(seen.every(({ message }) => message.method === 'server/discover'));
    });
  }
  await withScripted(refusing(['2026-07-28'], 9), async (upstream, seen) => {
    await assert.rejects(upstream.tools(), { code: 'upstream.handshake_failed' });
    assert.equal(seen.length, 2);
  });
});

test('who refuses as only servers without sessions do is not taken for another', async () => {
  for (const code of [-32020, -32021]) {
    const script: Script = ({ message }, response) =>
      refuse(response, 400, { id: message.id, error: { code, message: 'no' } });
    await withScripted(script, async (upstream, seen) => {
      await assert.rejects(upstream.tools(), { code: 'upstream.handshake_failed' });
      assert.deepEqual(
        seen.map(({ message }) => message.method),
        ['server/discover'],
      );
    });
  }
});

const wanting = (method = 'elicitation/create') => ({ who: { method, params: { message: '?' } } });
const accepting: Ask = async (requests) =>
  Object.fromEntries(
    Object.keys(requests).map((name) => [
      name,
      { kind: 'result', result: { action: 'accept' } } as const,
    ]),
  );

test('input a server requires is asked for, and the request repeated with its state', async () => {
  const requestState = '{"a": "é", "n": 1e0} ';
  const rounds: object[] = [
    { inputRequests: wanting(), requestState },
    { requestState: 'only state' },
    { inputRequests: wanting('roots/list') },
  ];
  const trick: Script = ({ message }, response, seen) => {
    const round = rounds[callsIn(seen).length - 1];
    answer(response, message.id, round ? { resultType: 'input_required', ...round } : FINE);
  };
  await withScripted(playing(trick), async (upstream, seen) => {
    assert.equal(textOf(await call(upstream, { ask: accepting })), 'fine');
    const sent = callsIn(seen).map(({ message }) => message);
    assert.equal(new Set(sent.map(({ id }) => id)).size, 4);
    const inputResponses = { who: { action: 'accept' } };
    const repeated = sent.map(({ params }) => {
      const { _meta, name, arguments: given, ...more } = params ?? {};
      assert.deepEqual([name, given], ['trick', {}]);
      return more;
    });
    assert.deepEqual(repeated, [
      {},
      { inputResponses, requestState },
      { requestState: 'only state' },
      { inputResponses },
    ]);
  });
});

test('a server that goes on asking, or asks for nonsense, is stopped by name', async () => {
  const cases: [object, Partial<UpstreamCall>, RegExp, number][] = [
    [{ inputRequests: wanting() }, { ask: accepting }, /gateway\.asks_exceeded/, 16],
    [{ inputRequests: wanting() }, {}, /gateway\.ask_unavailable/, 1],
    [{ inputRequests: wanting('tools/call') }, { ask: accepting }, /answer_refused/, 1],
    [{ inputRequests: [] }, { ask: accepting }, /answer_refused/, 1],
    [
      { inputRequests: wanting() },
      { ask: async () => ({ who: { kind: 'error', error: { code: -1, message: 'declined' } } }) },
      /declined/,
      1,
    ],
    [{ requestState: 'x' }, { timeoutMs: 250 }, /timeout/, 3],
  ];
  for (const [wanted, changes, expected, most] of cases) {
    const trick: Script = ({ message }, response) =>
      answer(response, message.id, { resultType: 'input_required', ...wanted });
    await withScripted(playing(trick), async (upstream, seen) => {
      assert.match(JSON.stringify(await call(upstream, changes)), expected);
      assert.ok(callsIn(seen).length <= most, `${callsIn(seen).length} calls`);
    });
  }
});

test('annotated arguments go into headers, and tools that could mislead are left out', async () => {
  const properties = { zone: { type: 'string', 'x-mcp-header': 'Zone' } };
  const tools = [
    { name: 'trick', inputSchema: { type: 'object', properties } },
    { name: 'bad', inputSchema: { type: 'object', 'x-mcp-header': 'A' } },
    { name: 'bare' },
  ];
  const script: Script = (received, response) => {
    const { id, method } = received.message;
    if (method === 'tools/list') answer(response, id, { tools, ttlMs: 5, cacheScope: 'public' });
    else if (!statelessBasics(received, response)) answer(response, id, FINE);
  };
  await withScripted(script, async (upstream, seen) => {
    const { leftOut, ttlMs, cacheScope } = await upstream.list('tools');
    assert.deepEqual([ttlMs, cacheScope], [5, 'public']);
    assert.deepEqual(
      leftOut.map(({ code, name }) => [code, name]),
      [
        ['tool.header_invalid', 'bad'],
        ['tool.schema_missing', 'bare'],
      ],
    );
    const [tool] = await upstream.tools();
    assert.ok(tool && (await upstream.tools()).length === 1);
    const limits = { timeoutMs: 30_000, outputBytes: 1000 };
    await upstream.call({ tool, arguments: { zone: 'é' }, ...limits });
    assert.equal(callsIn(seen)[0]?.headers['mcp-param-zone'], '=?base64?w6k=?=');
  });
});

test('when headers are refused the list is read again, and the call not sent again', async () => {
  const trick: Script = ({ message }, response) =>
    refuse(response, 400, { id: message.id, error: { code: -32020, message: 'headers' } });
  await withScripted(playing(trick), async (upstream, seen) => {
    const [tool] = await upstream.tools();
    assert.equal((await call(upstream)).kind, 'error');
    assert.notEqual((await upstream.tools())[0], tool);
    assert.equal(callsIn(seen).length, 1);
  });
});

test('a login that is wanted is told by name, with what it needs', async () => {
  const challenge = 'Bearer resource_metadata="https://a.example/m", scope="x y"';
  const facts = {
    status: 401,
    scheme: 'Bearer',
    resourceMetadata: 'https://a.example/m',
    scope: 'x y',
  };
  const refusing: Script = (_, response) =>
    void response.writeHead(401, { 'www-authenticate': challenge }).end();
  await withScripted(refusing, async (upstream, seen) => {
    const fault = { code: 'upstream.unauthorised', unauthorised: facts };
    await assert.rejects(upstream.tools(), fault);
    assert.equal(seen.length, 1);
  });
  await withScripted(playing(refusing), async (upstream) => {
    const notices: Notice[] = [];
    upstream.onNotice((notice) => notices.push(notice));
    const refused = await call(upstream);
    const data = { code: 'upstream.unauthorised', ...facts };
    const error = { code: -32000, message: 'HTTP 401', data };
    assert.deepEqual(refused, { kind: 'error', error });
    assert.deepEqual(notices, [{ kind: 'unauthorised', facts }]);
  });
});

test('who gives up closes the answer and says nothing more', async () => {
  const trick: Script = (_, response) => void response.writeHead(200, STREAM_TYPE).write(': \n');
  await withScripted(playing(trick), async (upstream, seen) => {
    const given = await call(upstream, { timeoutMs: 50 });
    assert.deepEqual(given, { kind: 'silent', silence: 'timeout' });
    await callsIn(seen)[0]?.closed;
    assert.ok(seen.every(({ message }) => message.method !== 'notifications/cancelled'));
  });
});

test('what changes is listened for, again when the stream ends, anew for other names', async () => {
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true } };
  let listening = 0;
  const script: Script = (received, response) => {
    const { id, method, params } = received.message;
    if (method !== 'subscriptions/listen') {
      statelessBasics(received, response, capabilities);
      return;
    }
    listening += 1;
    response.writeHead(200, STREAM_TYPE);
    response.write(event({ method: 'notifications/subscriptions/acknowledged', params }));
    const uri = 'note://one';
    if (listening === 1) response.write(event({ method: 'notifications/tools/list_changed' }));
    if (listening === 1) response.end(event({ id, result: { resultType: 'complete' } }));
    const isNamed = JSON.stringify(params).includes(uri);
    if (isNamed)
      response.write(event({ method: 'notifications/resources/updated', params: { uri } }));
  };
  await withScripted(script, async (upstream, seen) => {
    const notices: Notice[] = [];
    upstream.onNotice((notice) => notices.push(notice));
    await upstream.tools();
    await until('it listens again', () => listening === 2);
    assert.deepEqual(notices, [{ kind: 'list_changed', list: 'tools' }]);
    const params = { uri: 'note://one' };
    const limits = { timeoutMs: 30_000, outputBytes: 1000 };
    const subscribed = await upstream.request({ method: 'resources/subscribe', params, ...limits });
    assert.deepEqual(subscribed, { kind: 'result', result: {} });
    await until('the second is told', () => notices.length === 2);
    assert.deepEqual(notices[1], { kind: 'resource_updated', params });
    const streams = seen.filter(({ message }) => message.method === 'subscriptions/listen');
    assert.deepEqual(streams.at(-1)?.message.params?.['notifications'], {
      toolsListChanged: true,
      resourceSubscriptions: ['note://one'],
    });
    await streams[1]?.closed;
  });
});

test('a request of a server without sessions is not answered', async () => {
  const trick: Script = ({ message }, response) => {
    response.writeHead(200, STREAM_TYPE);
    response.write(event({ id: 7, method: 'elicitation/create', params: {} }));
    response.write(event({ id: message.id, result: FINE }));
  };
  await withScripted(playing(trick), async (upstream, seen) => {
    const ask: Ask = () => assert.fail('asked');
    assert.equal(textOf(await call(upstream, { ask })), 'fine');
    assert.equal(seen.length, 3);
  });
});

test('acts at once are bounded by name, and lists come in every page', async () => {
  const script: Script = (received, response) => {
    const { id, method, params } = received.message;
    if (method === 'prompts/list') {
      const isFirst = params?.['cursor'] === undefined;
      const page = isFirst
        ? { prompts: [{ name: 'a' }], nextCursor: 'n', ttlMs: 9, cacheScope: 'private' }
        : { prompts: [{ name: 'b' }], ttlMs: 50, cacheScope: 'public' };
      answer(response, id, page);
    } else if (!statelessBasics(received, response, { tools: {}, prompts: {} })) {
      setTimeout(() => answer(response, id, FINE), 50);
    }
  };
  const run = async (upstream: Upstream): Promise<void> => {
    const { entries, ttlMs, cacheScope } = await upstream.list('prompts');
    assert.deepEqual([entries.length, ttlMs, cacheScope], [2, 9, 'private']);
    const answers = await Promise.all([call(upstream), call(upstream), call(upstream)]);
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['result', 'result', 'not_sent'],
    );
    assert.match(JSON.stringify(answers[2]), /upstream\.busy/);
    assert.equal((await call(upstream)).kind, 'result');
  };
  await withScripted(script, run, { mostActs: 2 });
});

test('every request goes through what was given to send it', async () => {
  const sent: string[] = [];
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    sent.push(init.method ?? '');
    const { id, method } = JSON.parse(String(init.body)) as Received['message'];
    const supportedVersions = ['2026-07-28'];
    const about = { supportedVersions, capabilities: { tools: {} } };
    const result = method === 'server/discover' ? about : { tools: [] };
    assert.equal(url, 'https://far.example/mcp');
    return new Response(rpc({ id, result }), { headers: JSON_TYPE });
  };
  const far = { url: 'https://far.example/mcp', send };
  const run = async (upstream: Upstream, seen: Received[]): Promise<void> => {
    assert.deepEqual(await upstream.tools(), []);
    assert.deepEqual([sent, seen], [['POST', 'POST'], []]);
  };
  await withScripted(fine, run, far);
});

test('a list is read again when it is too old, what has not changed stays the same', async () => {
  const inputSchema = { type: 'object' };
  const tools = [{ name: 'trick', inputSchema }];
  const script: Script = (received, response) => {
    const { id, method } = received.message;
    if (method === 'tools/list') answer(response, id, { tools, ttlMs: 0, cacheScope: 'public' });
    else statelessBasics(received, response);
  };
  const run = async (upstream: Upstream): Promise<void> => {
    const before = await upstream.tools();
    assert.equal(await upstream.tools(), before);
  };
  await withScripted(script, run, { shortestTtlMs: 60_000 });
  const again = async (upstream: Upstream): Promise<void> => {
    const before = await upstream.tools();
    tools.push({ name: 'other', inputSchema });
    const after = await until('it is read again', async () => {
      const now = await upstream.tools();
      return now.length === 2 && now;
    });
    assert.equal(before.length, 1);
    assert.equal(after[0], before[0]);
  };
  await withScripted(script, again, { shortestTtlMs: 100 });
});

test('what a client set for all its requests goes along with each, where it can', async () => {
  const params = { level: 'debug', data: 'x' };
  const trick: Script = ({ message }, response) => {
    response.writeHead(200, STREAM_TYPE);
    response.write(event({ method: 'notifications/message', params }));
    response.write(event({ id: message.id, result: FINE }));
  };
  const script: Script = (received, response, seen) => {
    const capabilities = { tools: {}, logging: {} };
    if (!statelessBasics(received, response, capabilities)) trick(received, response, seen);
  };
  const limits = { timeoutMs: 30_000, outputBytes: 1000 };
  await withScripted(script, async (upstream, seen) => {
    const set = { method: 'logging/setLevel', params: { level: 'debug' }, ...limits } as const;
    assert.deepEqual(await upstream.request(set), { kind: 'result', result: {} });
    const heard: unknown[] = [];
    await call(upstream, { onMessage: (message) => void heard.push(message) });
    await call(upstream);
    assert.deepEqual(heard, [params]);
    const levels = callsIn(seen).map((each) => metaOf(each)['io.modelcontextprotocol/logLevel']);
    assert.deepEqual(levels, ['debug', undefined], 'only where somebody listens');
    for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const) {
      const refused = await upstream.request({ method, params: { uri: 'a:b' }, ...limits });
      assert.equal(refused.kind === 'error' && refused.error.code, -32601);
    }
  });
});
