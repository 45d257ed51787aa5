import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { type Act, bed, HOST, heard, ok } from '../../testing/web-bed.ts';
import type { WebAnswer } from './backend.ts';

const ask = (more = '', target = '/x', method = 'GET') =>
  `${method} ${target} HTTP/1.1\r\nHost: ${HOST}\r\n${more}\r\n`;

test('a request in a tunnel is one act, over TLS and plain', async (t) => {
  const door = await bed(t);
  assert.match(await door.said(ask('Accept: */*\r\n')), /200 OK[\s\S]*ok$/);
  assert.match(await door.said(`${ask('Content-Length: 3\r\n', '/y', 'PUT')}abc`), /ok$/);
  const plain = `GET http://${HOST}:80/z HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  assert.match(await door.said(plain, `${HOST}:80`), /ok$/);
  assert.deepEqual(
    door.acts.map(({ method, url, body }) => [method, url, body && String(body)]),
    [
      ['GET', `https://${HOST}/x`, undefined],
      ['PUT', `https://${HOST}/y`, 'abc'],
      ['GET', `http://${HOST}/z`, undefined],
    ],
  );
  assert.deepEqual(door.acts[0]?.headers, [['accept', '*/*']]);
});

test('each request of a connection is an act of its own', async (t) => {
  const door = await bed(t);
  await door.said(`${ask()}${ask('', '/y')}${ask('Content-Length: 1\r\n', '/z', 'POST')}a`);
  assert.deepEqual(
    door.acts.map(({ url }) => new URL(url).pathname),
    ['/x', '/y', '/z'],
  );
});

test('requests of one connection are served one after the other, and so many', async (t) => {
  const first = Promise.withResolvers<void>();
  const door = await bed(t, async (asked, asking) => {
    if (asked.url.endsWith('/x')) await first.promise;
    return ok(asked, asking);
  });
  const stream = await door.secured();
  stream.write(`${ask('', '/x', 'DELETE')}${ask('', '/y', 'DELETE')}`);
  await until('the first is there', () => door.acts.length > 0);
  await sleep(200);
  assert.equal(door.acts.length, 1);
  first.resolve();
  assert.match(await heard(stream), /ok[\s\S]*200 OK[\s\S]*ok$/);
  assert.equal(door.acts.length, 2);
  const silent = await bed(t, () => new Promise(() => {}));
  const flood = await silent.secured();
  flood.write(ask().repeat(40));
  await new Promise((resolve) => flood.once('close', resolve));
  assert.ok(silent.acts.length <= 1);
  assert.deepEqual(
    silent.refusals.map(({ code }) => code),
    ['web.too_many'],
  );
});

test('one connection too many is answered by name, also while it still speaks', async (t) => {
  const door = await bed(t, () => new Promise(() => {}));
  const opened = async () => {
    const socket = connect(door.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const many = await Promise.all(Array.from({ length: 128 }, opened));
  const words = `${ask('Content-Length: 400000\r\n', '/x', 'POST')}${'a'.repeat(400_000)}`;
  const late = await Promise.all(Array.from({ length: 40 }, opened));
  const answers = late.map((each) => {
    each.write(words);
    return heard(each);
  });
  for (const each of await Promise.all(answers)) assert.match(each, /503[\s\S]*web\.too_many/);
  for (const each of many) each.destroy();
});

test('every header of a request is looked at', async (t) => {
  const door = await bed(t);
  await door.said(ask('a:\r\n'.repeat(2500)));
  assert.equal(door.acts[0]?.headers.length, 2500);
  assert.match(
    await door.said(ask(`${'a:\r\n'.repeat(2500)}X-Original-URL: /y\r\n`)),
    /address_over/,
  );
});

test('a body that breaks off takes up no room', async (t) => {
  const door = await bed(t);
  const piece = Buffer.alloc(7 * 1024 * 1024);
  for (let at = 0; at < 20; at += 1) {
    const stream = await door.tunnel(`${HOST}:80`);
    stream.write(ask('Content-Length: 8000000\r\n', '/x', 'POST'));
    await new Promise((resolve) => stream.write(piece, resolve));
    await sleep(50);
    stream.destroy();
  }
  const said = ask(`Content-Length: ${piece.length}\r\n`, '/y', 'PUT') + 'a'.repeat(piece.length);
  await until('there is room', async () => /ok$/.test(await door.said(said, `${HOST}:80`)));
});

/** What is said in a tunnel over TLS, and the rule by which it is refused. */
const REFUSED: Readonly<Record<string, readonly [words: string, code: string]>> = {
  'a length said twice': [ask('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 'smuggling'],
  'two lengths': [ask('Content-Length: 1\r\nContent-Length: 1\r\n'), 'smuggling'],
  'a coding nobody knows': [ask('Transfer-Encoding: xchunked\r\n', '/', 'POST'), 'smuggling'],
  'a space before the colon': [ask('Transfer-Encoding : chunked\r\n'), 'malformed'],
  'lines without returns': [`GET / HTTP/1.1\nHost: ${HOST}\n\n`, 'malformed'],
  'a folded header': [ask('X-A: b\r\n c\r\n'), 'malformed'],
  'endless headers': [ask(`X-A: ${'a'.repeat(40_000)}\r\n`), 'headers_too_large'],
  'another host': ['GET / HTTP/1.1\r\nHost: b.example\r\n\r\n', 'host_mismatch'],
  'two hosts': [ask(`Host: ${HOST}\r\n`), 'host_mismatch'],
  'an address elsewhere': [ask('', 'https://b.example/'), 'host_mismatch'],
  'another protocol': [ask('Connection: upgrade\r\nUpgrade: websocket\r\n'), 'upgrade_refused'],
  'another method in disguise': [ask('X-HTTP-Method-Override: PUT\r\n'), 'method_override'],
  'another address in disguise': [ask('X-Original-URL: /y\r\n'), 'address_override'],
  'a read that sends': [`${ask('Content-Length: 3\r\n')}abc`, 'read_with_body'],
  'a method that echoes': [ask('', '/', 'TRACE'), 'method_unknown'],
  'a tunnel in a tunnel': [`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 'malformed'],
  'a body without end': [ask('Content-Length: 9999999999\r\n', '/', 'POST'), 'body_too_large'],
  'what nobody expects': [ask('Expect: miracles\r\nContent-Length: 1\r\n'), 'malformed'],
  'the other protocol of TLS': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'malformed'],
};

for (const [name, [words, code]] of Object.entries(REFUSED)) {
  test(`refused by name: ${name}`, async (t) => {
    const door = await bed(t);
    const answer = await door.said(words);
    assert.match(answer, new RegExp(`application/problem\\+json[\\s\\S]*"code":"web\\.${code}"`));
    assert.match(answer, /"receipt_id":"receipt_1"/);
    assert.deepEqual(
      door.refusals.map((each) => each.code),
      [`web.${code}`],
    );
    assert.deepEqual(door.acts, []);
  });
}

test('what is no HTTP goes through no tunnel', async (t) => {
  const door = await bed(t);
  assert.match(await door.said('SSH-2.0-x\r\n', `${HOST}:443`), /web\.not_tls/);
  assert.match(await door.said(ask(), `${HOST}:443`), /web\.not_tls/);
  assert.match(await door.said('\u0000\u0001', `${HOST}:22`), /web\.not_http/);
  assert.deepEqual(door.acts, []);
});

test('a host that is not named is refused before a tunnel stands', async (t) => {
  const door = await bed(t);
  const socket = connect(door.port, '127.0.0.1');
  socket.write('CONNECT b.example:443 HTTP/1.1\r\nHost: b.example\r\n\r\n');
  assert.match(await heard(socket), /403 Refused[\s\S]*web\.host_not_named/);
});

test('TLS is for the host of the tunnel, and speaks HTTP alone', async (t) => {
  const door = await bed(t);
  const secured = await door.secured({ ALPNProtocols: ['http/1.1', 'h2'] });
  await once(secured, 'secureConnect');
  assert.equal(secured.alpnProtocol, 'http/1.1');
  assert.equal(secured.getPeerX509Certificate()?.checkHost(HOST), HOST);
  secured.destroy();
  const elsewhere = await door.secured({ servername: 'b.example' });
  await heard(elsewhere);
  const only = await door.secured({ ALPNProtocols: ['h3', 'spdy/1'] });
  await heard(only);
  const codes = door.refusals.map(({ code }) => code);
  assert.ok(codes.includes('web.sni_mismatch'), codes.join());
  assert.ok(codes.includes('web.http2_refused'), codes.join());
  assert.deepEqual(door.acts, []);
});

test('an answer goes on while it comes, and ends once its act has ended', async (t) => {
  const sealed = Promise.withResolvers<void>();
  const door = await bed(t, async (_act, { onReply }) => {
    const sink = onReply({ status: 200, headers: [['content-type', 'text/event-stream']] });
    await sink.write(Buffer.from('data: 1\n\n'));
    await sealed.promise;
    return { kind: 'replied' };
  });
  const stream = await door.secured();
  let answer = '';
  stream.on('data', (chunk) => {
    answer += chunk;
  });
  stream.write(ask());
  await until('it is not kept back', () => answer.includes('data: 1'));
  assert.ok(!answer.endsWith('0\r\n\r\n'));
  sealed.resolve();
  await until('it ends', () => answer.endsWith('0\r\n\r\n'));
  stream.destroy();
});

test('of an answer whose length is known the last piece waits for its receipt', async (t) => {
  const sealed = Promise.withResolvers<WebAnswer>();
  const door = await bed(t, async (_act, { onReply }) => {
    const sink = onReply({ status: 200, headers: [['content-length', '4']] });
    await sink.write(Buffer.from('ab'));
    await sink.write(Buffer.from('cd'));
    return sealed.promise;
  });
  const first = door.said(ask());
  assert.match(await first, /\r\n\r\nab$/);
  sealed.resolve({ kind: 'broken' });
});

test('an answer that breaks off looks like no end', async (t) => {
  const door = await bed(t, async (_act, { onReply }) => {
    await onReply({ status: 200, headers: [] }).write(Buffer.from('half'));
    return { kind: 'broken' };
  });
  const answer = await door.said(ask());
  assert.ok(!answer.endsWith('0\r\n\r\n'));
});

test('what was kept is answered whole, and a refusal says its rule', async (t) => {
  const answers: WebAnswer[] = [
    { kind: 'kept', head: { status: 201, headers: [['x-a', 'b']] }, body: Buffer.from('kept') },
    {
      kind: 'problem',
      problem: { status: 425, code: 'approval.required', title: 'x', retry_after: 5, rule_id: 'r' },
    },
  ];
  const door = await bed(t, async () => answers.shift() ?? { kind: 'broken' });
  assert.match(await door.said(ask()), /201 Created[\s\S]*x-a: b[\s\S]*kept/);
  const problem = await door.said(ask());
  assert.match(problem, /425 [\s\S]*retry-after: 5[\s\S]*"rule_id":"r"/);
  assert.doesNotMatch(problem, /retry_after/);
});

const HANDSHAKE = ask(
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
);

test('a WebSocket is one act, open both ways until the act has ended', async (t) => {
  const over = Promise.withResolvers<void>();
  const said: string[] = [];
  const door = await bed(t, async (_act, { onReply }) => {
    const sink = onReply({ status: 101, headers: [['sec-websocket-accept', 'x']] });
    for await (const chunk of sink.incoming ?? []) {
      said.push(String(chunk));
      await sink.write(chunk);
      if (said.join('').endsWith('bye')) break;
    }
    await over.promise;
    return { kind: 'replied' };
  });
  const stream = await door.secured();
  let answer = '';
  let isOver = false;
  stream.on('data', (chunk) => {
    answer += chunk;
  });
  stream.on('end', () => {
    isOver = true;
  });
  stream.write(`${HANDSHAKE}early`);
  await until('it is open', () => answer.endsWith('early'));
  assert.match(answer, /^HTTP\/1\.1 101 [\s\S]*accept: x\r\nupgrade: websocket\r\n/);
  stream.write('bye');
  await until('it is said back', () => answer.endsWith('bye'));
  assert.equal(isOver, false);
  over.resolve();
  await until('it ends with its act', () => isOver);
  assert.deepEqual([door.acts.length, door.acts[0]?.isSocket], [1, true]);
  stream.destroy();
});

test('a WebSocket that is refused, or answered otherwise, is none', async (t) => {
  const problem = { status: 403, code: 'policy.default_deny', title: 'x' };
  const answers: Act[] = [
    async () => ({ kind: 'problem', problem }),
    async (_act, { onReply }) => {
      const sink = onReply({ status: 404, headers: [['content-length', '4']] });
      assert.equal(sink.incoming, undefined);
      await sink.write(Buffer.from('none'));
      return { kind: 'replied' };
    },
  ];
  const door = await bed(t, (asked, asking) => (answers.shift() as Act)(asked, asking));
  assert.match(await door.said(HANDSHAKE), /403 Refused[\s\S]*policy\.default_deny/);
  assert.match(await door.said(HANDSHAKE), /404 Not Found[\s\S]*none$/);
});

test('a WebSocket whose program leaves while it waits is given up', async (t) => {
  const gone = Promise.withResolvers<void>();
  const door = await bed(t, async (_act, { signal }) => {
    signal.addEventListener('abort', () => gone.resolve());
    await gone.promise;
    return { kind: 'broken' };
  });
  const stream = await door.tunnel(`${HOST}:80`);
  stream.write(`${HANDSHAKE}early`);
  await until('it is there', () => door.acts.length > 0);
  stream.end();
  await gone.promise;
  assert.equal(door.acts.length, 1);
});

test('whoever goes away is told to the act', async (t) => {
  const gone = Promise.withResolvers<void>();
  const door = await bed(t, async (_act, { signal }) => {
    signal.addEventListener('abort', () => gone.resolve());
    await gone.promise;
    return { kind: 'broken' };
  });
  const stream = await door.secured();
  stream.write(ask());
  await until('it is there', () => door.acts.length > 0);
  stream.destroy();
  await gone.promise;
  assert.equal(door.acts.length, 1);
});
