import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import type { Ask } from '@ioi/protocol';
import {
  answer,
  event,
  FINE,
  type Received,
  type Script,
  STREAM_TYPE,
  statefulBasics,
  withScripted,
} from '../testing/scripted-http.ts';
import { textOf, toolCall } from '../testing/upstream-suite.ts';
import type { Send } from './http-channel.ts';
import { sendPlainly } from './http-send.ts';
import type { Notice, Upstream, UpstreamCall } from './upstream.ts';

const call = (upstream: Upstream, changes: Partial<UpstreamCall> = {}) =>
  toolCall(upstream, { tool: 'trick', arguments: {} }, { timeoutMs: 30_000, ...changes });
const callsIn = (seen: Received[]) => seen.filter(({ message }) => message.method === 'tools/call');
const getsIn = (seen: Received[]) => seen.filter(({ verb }) => verb === 'GET');

/** A server with sessions; what is not said here is refused with 405. */
const playing =
  (tricks: { call?: Script; get?: Script }): Script =>
  (received, response, seen) => {
    if (statefulBasics(received, response)) return;
    const trick = received.verb === 'GET' ? tricks.get : tricks.call;
    if (trick === undefined || received.verb === 'DELETE') response.writeHead(405).end();
    else trick(received, response, seen);
  };

test('a stream that ends early is resumed from where it was, when the server says', async () => {
  const started: number[] = [];
  const script = playing({
    call: (_, response) => {
      response.writeHead(200, STREAM_TYPE).end('id: e1\nretry: 200\ndata:\n\n');
      started.push(performance.now());
    },
    get: ({ headers }, response, seen) => {
      if (headers['last-event-id'] === undefined) {
        response.writeHead(405).end();
        return;
      }
      started.push(performance.now());
      const id = callsIn(seen)[0]?.message.id;
      response.writeHead(200, STREAM_TYPE).write(event({ id, result: FINE }));
    },
  });
  await withScripted(script, async (upstream, seen) => {
    assert.equal(textOf(await call(upstream)), 'fine');
    assert.equal(callsIn(seen).length, 1, 'the call is not sent again');
    assert.equal(getsIn(seen).at(-1)?.headers['last-event-id'], 'e1');
    assert.ok((started[1] ?? 0) - (started[0] ?? 0) >= 190);
  });
});

test('a stream that is resumed in vain leaves the call in doubt', async () => {
  const empty: Script = (_, response) =>
    void response.writeHead(200, STREAM_TYPE).end('id: e1\nretry: 1\ndata:\n\n');
  await withScripted(playing({ call: empty, get: empty }), async (upstream, seen) => {
    const lost = await call(upstream);
    assert.equal(lost.kind === 'silent' && lost.silence, 'died');
    const resumed = getsIn(seen).filter(({ headers }) => headers['last-event-id'] === 'e1');
    assert.ok(resumed.length >= 5);
  });
});

test('what belongs to no request comes over the stream for that', async () => {
  const data = { level: 'info', data: 'x' };
  const get: Script = (_, response) => {
    response.writeHead(200, STREAM_TYPE);
    response.write(event({ method: 'notifications/tools/list_changed' }));
    response.write(event({ method: 'notifications/prompts/list_changed' }));
    response.write(event({ method: 'notifications/message', params: data }));
    response.write(event({ method: 'notifications/resources/updated', params: { uri: 'a:b' } }));
    response.write(event({ method: 'notifications/unknown' }));
  };
  await withScripted(playing({ get }), async (upstream) => {
    const notices: Notice[] = [];
    upstream.onNotice((notice) => notices.push(notice));
    await upstream.describe();
    await until('all are told', () => notices.length === 4);
    assert.deepEqual(notices, [
      { kind: 'list_changed', list: 'tools' },
      { kind: 'list_changed', list: 'prompts' },
      { kind: 'message', params: data },
      { kind: 'resource_updated', params: { uri: 'a:b' } },
    ]);
  });
});

const asking = { method: 'elicitation/create', params: { message: 'who?' } };
const answering =
  (name: string, asked: string[] = []): Ask =>
  async (requests) => {
    asked.push(name);
    const only = Object.keys(requests)[0] ?? '';
    return { [only]: { kind: 'result', result: { action: 'accept', content: { name } } } };
  };

test('a question on the stream of a call is put to that call, however many there are', async () => {
  const open = new Map<number, ServerResponse>();
  const script: Script = (received, response, seen) => {
    const { id, method } = received.message;
    const back = received.message as { id?: number; result?: { content?: { name: string } } };
    if (back.result !== undefined && id !== undefined) {
      const text = back.result.content?.name ?? '';
      open.get(id)?.write(event({ id: id - 100, result: { content: [{ type: 'text', text }] } }));
    }
    if (method !== 'tools/call' || id === undefined) {
      playing({})(received, response, seen);
      return;
    }
    response.writeHead(200, STREAM_TYPE).write(event({ id: id + 100, ...asking }));
    open.set(id + 100, response);
  };
  await withScripted(script, async (upstream) => {
    const answers = await Promise.all(
      ['Ada', 'Bob', 'Cyd'].map((name) => call(upstream, { ask: answering(name) })),
    );
    assert.deepEqual(answers.map(textOf), ['Ada', 'Bob', 'Cyd']);
  });
});

test('a question beside every call is put to the one there is, none of several', async () => {
  let beside: ServerResponse | undefined;
  const waiting: (() => void)[] = [];
  const script = playing({
    get: (_, response) => {
      beside = response.writeHead(200, STREAM_TYPE);
      beside.write(': \n\n');
    },
    call: ({ message }, response) => {
      waiting.push(() => answer(response, message.id, FINE));
    },
  });
  await withScripted(script, async (upstream, seen) => {
    await upstream.tools();
    await until('a stream is open beside', () => beside !== undefined);
    const asked: string[] = [];
    const replyTo = (id: number) =>
      seen.find(({ message }) => message.id === id && message.method === undefined);
    const first = call(upstream, { ask: answering('first', asked) });
    await until('the first is asked', () => waiting.length === 1);
    beside?.write(event({ id: 901, ...asking }));
    await until('the first is answered', () => replyTo(901) !== undefined);
    const second = call(upstream, { ask: answering('second', asked) });
    await until('the second is asked', () => waiting.length === 2);
    beside?.write(event({ id: 902, ...asking }));
    await until('the second is answered', () => replyTo(902) !== undefined);
    assert.match(JSON.stringify(replyTo(902)?.message.error), /gateway\.ask_unattributable/);
    for (const finish of waiting) finish();
    await Promise.all([first, second]);
    beside?.write(event({ id: 903, ...asking }));
    await until('the third is answered', () => replyTo(903) !== undefined);
    assert.match(JSON.stringify(replyTo(903)?.message.error), /gateway\.ask_unattributable/);
    assert.deepEqual(asked, ['first']);
  });
});

test('a list outlives its session, and listeners hear that it is another', async () => {
  let isOver = false;
  const script: Script = (received, response, seen) => {
    const isOld = isOver && received.message.method === 'tools/list';
    if (isOld) response.writeHead(404).end();
    else playing({})(received, response, seen);
    if (isOld) isOver = false;
  };
  await withScripted(script, async (upstream, seen) => {
    await upstream.describe();
    isOver = true;
    const notices: Notice[] = [];
    upstream.onNotice((notice) => notices.push(notice));
    assert.equal((await upstream.tools()).length, 1);
    assert.deepEqual(notices, [{ kind: 'reconnected' }]);
    assert.equal(seen.filter(({ message }) => message.method === 'initialize').length, 2);
  });
});

test('a session that is seen to have ended costs no call', async () => {
  let gets = 0;
  const script = playing({
    get: (_, response) => {
      gets += 1;
      if (gets === 1) response.writeHead(200, STREAM_TYPE).end('retry: 1\n\n');
      else response.writeHead(404).end();
    },
    call: ({ message }, response) => answer(response, message.id, FINE),
  });
  let isSeen = false;
  const send: Send = async (url, init) => {
    const response = await sendPlainly(url, init);
    isSeen ||= response.status === 404;
    return response;
  };
  const run = async (upstream: Upstream, seen: Received[]): Promise<void> => {
    await upstream.describe();
    await until('its end is seen', () => isSeen);
    await sleep(50);
    assert.equal(textOf(await call(upstream)), 'fine');
    assert.equal(seen.filter(({ message }) => message.method === 'initialize').length, 2);
  };
  await withScripted(script, run, { send });
});

test('the older transport posts to no other place than it came from', async () => {
  for (const endpoint of ['https://evil.example/post', 'http://127.0.0.1:1/post', '//evil/x']) {
    const script: Script = ({ verb }, response) => {
      if (verb === 'POST') response.writeHead(405).end();
      else response.writeHead(200, STREAM_TYPE).write(`event: endpoint\ndata: ${endpoint}\n\n`);
    };
    await withScripted(script, async (upstream, seen) => {
      await assert.rejects(upstream.tools(), { code: 'upstream.other_origin' }, endpoint);
      assert.deepEqual(
        seen.map(({ verb }) => verb),
        ['POST', 'POST', 'GET'],
      );
    });
  }
});
