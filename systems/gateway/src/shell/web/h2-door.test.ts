import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { type Act, authority, bed, HOST, type WebBed } from '../../testing/web-bed.ts';

const ASKED = { ':method': 'GET', ':path': '/x', ':scheme': 'https', ':authority': HOST };
type Headers = Record<string, string | readonly string[] | undefined>;
type Answer = { readonly status: number; readonly body: string; readonly code: number };

async function session(t: TestContext, door: WebBed): Promise<ClientHttp2Session> {
  const secured = await door.secured({ ALPNProtocols: ['h2'] });
  await once(secured, 'secureConnect');
  assert.equal(secured.alpnProtocol, 'h2');
  const made = connect(`https://${HOST}`, { createConnection: () => secured });
  made.on('error', () => {});
  t.after(() => made.destroy());
  return made;
}

async function ask(from: ClientHttp2Session, more: Headers = {}, body?: Uint8Array | string) {
  const stream = from.request({ ...ASKED, ...more }, { endStream: body === undefined });
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  const head = Promise.race([once(stream, 'response'), once(stream, 'close')]);
  const [told] = (await head) as [Headers | undefined];
  const whole = told === undefined ? '' : await text(stream).catch(() => 'broken');
  await until('its stream is closed', () => stream.closed || undefined);
  return { status: Number(told?.[':status'] ?? 0), body: whole, code: stream.rstCode } as Answer;
}

const codes = (door: WebBed): string[] => door.refusals.map(({ code }) => code);

test('each stream is the act that it is over HTTP/1.1', async (t) => {
  const door = await bed(t);
  const client = await session(t, door);
  const json = { 'content-type': 'application/json', accept: '*/*' };
  const cookie = { cookie: ['a=1', 'b=2'] };
  assert.deepEqual(await ask(client, { ...json, ...cookie }), { status: 200, body: 'ok', code: 0 });
  await ask(client, { ...json, ':method': 'POST', ':path': '/y?z' }, 'abc');
  await ask(client, { ':method': 'DELETE', ':path': '/y' }, '');
  const lines = 'Content-Type: application/json\r\nAccept: */*\r\n';
  const to = (what: string, more: string) => `${what} HTTP/1.1\r\nHost: ${HOST}\r\n${more}\r\n`;
  await door.said(to('GET /x', `${lines}Cookie: a=1; b=2\r\n`));
  await door.said(`${to('POST /y?z', `${lines}Content-Length: 3\r\n`)}abc`);
  await door.said(to('DELETE /y', ''));
  const plain = door.acts.map((act) => ({ ...act, headers: [...act.headers].sort() }));
  assert.equal(plain.length, 6);
  assert.deepEqual(plain.slice(0, 3), plain.slice(3));
});

test('streams of one connection are acts at the same time', async (t) => {
  const all = Promise.withResolvers<void>();
  let count = 0;
  const door = await bed(t, async (_act, { onReply }) => {
    count += 1;
    if (count === 8) all.resolve();
    await all.promise;
    const sink = onReply({ status: 200, headers: [] });
    for (let at = 0; at < 4; at += 1) await sink.write(Buffer.alloc(100_000, 'x'));
    return { kind: 'replied' };
  });
  const client = await session(t, door);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(client)));
  for (const { status, body } of answers) assert.deepEqual([status, body.length], [200, 400_000]);
});

test('an answer over HTTP/2 has its end once its act has one', async (t) => {
  const sealed = Promise.withResolvers<void>();
  const door = await bed(t, async ({ url }, { onReply }) => {
    const sink = onReply({ status: 200, headers: [['content-length', '6']] });
    await sink.write(Buffer.from('abc'));
    await sink.write(Buffer.from('def'));
    await sealed.promise;
    return { kind: url.endsWith('broken') ? 'broken' : 'replied' };
  });
  const client = await session(t, door);
  const stream = client.request({ ...ASKED });
  let heard = '';
  stream.on('data', (chunk) => {
    heard += chunk;
  });
  await until('it begins', () => heard === 'abc' || undefined);
  assert.ok(!stream.readableEnded);
  sealed.resolve();
  await once(stream, 'end');
  assert.equal(heard, 'abcdef');
  const broken = await ask(client, { ':path': '/broken' });
  assert.equal(broken.code, constants.NGHTTP2_INTERNAL_ERROR);
});

const REFUSED: Readonly<Record<string, readonly [more: Headers, code: string, status: number]>> = {
  'another host': [{ ':authority': 'b.example' }, 'host_mismatch', 421],
  'two hosts': [{ host: 'b.example' }, 'host_mismatch', 421],
  'another scheme': [{ ':scheme': 'http' }, 'host_mismatch', 421],
  'another method in disguise': [{ 'x-http-method-override': 'PUT' }, 'method_override', 403],
  'another address in disguise': [{ 'x-original-url': '/y' }, 'address_override', 403],
  'a method that echoes': [{ ':method': 'TRACE' }, 'method_unknown', 405],
  'calls that answer in trailers': [
    { ':method': 'POST', 'content-type': 'application/grpc+proto' },
    'grpc_refused',
    403,
  ],
};

for (const [name, [more, code, status]] of Object.entries(REFUSED)) {
  test(`refused by name over HTTP/2: ${name}`, async (t) => {
    const door = await bed(t);
    const client = await session(t, door);
    const answer = await ask(client, more);
    assert.equal(answer.status, status, JSON.stringify(answer));
    assert.match(answer.body, new RegExp(`"code":"web\\.${code}"[\\s\\S]*"receipt_1"`));
    assert.deepEqual([codes(door), door.acts], [[`web.${code}`], []]);
    // Only that stream is refused.
    assert.equal((await ask(client)).status, 200);
  });
}

test('a read that sends something is refused, also where it does not say so', async (t) => {
  const door = await bed(t);
  const client = await session(t, door);
  assert.match((await ask(client, {}, 'abc')).body, /web\.read_with_body/);
  assert.equal((await ask(client, {}, '')).status, 200);
});

test('no stream becomes a tunnel or another protocol', async (t) => {
  const door = await bed(t);
  const client = await session(t, door);
  const stream = client.request({ ':method': 'CONNECT', ':authority': `${HOST}:443` });
  stream.on('error', () => {});
  await until('it is refused', () => codes(door)[0]);
  assert.deepEqual([codes(door), door.acts], [['web.malformed'], []]);
  assert.equal(client.remoteSettings.enableConnectProtocol ?? false, false);
});

const waiting: Act = async (_act, { signal }) => {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return { kind: 'broken' };
};

test('who gives streams up as fast as they are opened is heard no more', async (t) => {
  const door = await bed(t, waiting);
  const client = await session(t, door);
  let isOver = false;
  client.once('close', () => {
    isOver = true;
  });
  for (let at = 0; at < 3000 && !isOver; at += 1) {
    const stream = client.request({ ...ASKED });
    stream.on('error', () => {});
    stream.close(constants.NGHTTP2_CANCEL);
    if (at % 16 === 0) await new Promise(setImmediate);
  }
  await until('the connection is over', () => isOver || undefined);
  assert.ok(codes(door).includes('web.too_many'), codes(door).join());
  assert.ok(door.refusals.length < 5 && door.acts.length < 300, `${door.acts.length} acts`);
});

test('streams that are given up count as long as their acts go on', async (t) => {
  let most = 0;
  let now = 0;
  const door = await bed(t, async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 300));
    now -= 1;
    return { kind: 'broken' };
  });
  const client = await session(t, door);
  for (let at = 0; at < 100; at += 1) {
    if (client.destroyed) break;
    const stream = client.request({ ...ASKED });
    stream.on('error', () => {});
    setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
    await new Promise(setImmediate);
  }
  await until('the connection is over', () => client.destroyed || undefined);
  assert.ok(most <= 32, `${most} at once`);
  assert.ok(codes(door).includes('web.too_many'));
});

test('lists of headers are bounded', async (t) => {
  const door = await bed(t);
  const client = await session(t, door);
  const many = Array.from({ length: 400 }, (_, at) => [`x-${at}`, 'y'] as const);
  for (const size of [40_000, 60_000, 200_000]) {
    const answer = await ask(client, { 'x-a': 'a'.repeat(size) }).catch(() => undefined);
    assert.notEqual(answer?.status, 200, `${size}`);
  }
  for (const more of [Object.fromEntries(many)]) {
    const answer = await ask(client, more).catch(() => undefined);
    assert.notEqual(answer?.status, 200);
  }
  assert.deepEqual(door.acts, []);
});

/** Frames by hand, after a preface and settings. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(4, 0, 0, Buffer.alloc(0)),
]);

test('endless CONTINUATION frames, and frames that are none, end a connection', async (t) => {
  const literal = Buffer.concat([
    Buffer.of(0, 1),
    Buffer.from('x'),
    Buffer.of(1),
    Buffer.from('y'),
  ]);
  const flood = Array.from({ length: 20_000 }, () => frame(9, 0, 1, literal));
  const hostile: Buffer[][] = [
    [frame(1, 1, 1, literal), ...flood],
    [frame(0, 0, 1, Buffer.from('data of no stream'))],
    [frame(1, 5, 2, literal)],
    Array.from({ length: 20_000 }, () => frame(6, 0, 0, Buffer.alloc(8))),
    Array.from({ length: 20_000 }, () => frame(4, 0, 0, Buffer.alloc(0))),
    [Buffer.from('not a frame at all, and as long as some of them are')],
  ];
  for (const frames of hostile) {
    const door = await bed(t);
    const secured = await door.secured({ ALPNProtocols: ['h2'] });
    await once(secured, 'secureConnect');
    secured.write(Buffer.concat([PREFACE, ...frames]));
    secured.resume();
    await until('the connection is over', () => secured.destroyed || secured.closed || undefined);
    assert.deepEqual(door.acts, []);
    assert.ok(codes(door).length <= 1, codes(door).join());
  }
});

test('chance in place of frames brings nothing down, and becomes no act', async (t) => {
  const door = await bed(t);
  let seed = 7;
  const next = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed >> 8;
  };
  for (let turn = 0; turn < 40; turn += 1) {
    const secured = await door.secured({ ALPNProtocols: ['h2'] });
    await once(secured, 'secureConnect');
    const frames = Array.from({ length: 30 }, () => {
      const payload = Buffer.from(Array.from({ length: next() % 64 }, () => next() % 256));
      return frame(next() % 12, next() % 64, next() % 8, payload);
    });
    secured.end(Buffer.concat([PREFACE, ...frames]));
    secured.resume();
    await until('it is over', () => secured.destroyed || secured.closed || undefined);
  }
  assert.deepEqual(door.acts, []);
  const client = await session(t, door);
  assert.equal((await ask(client)).status, 200);
});

test('a body whose length nobody says is read to its end, however long', async (t) => {
  const door = await bed(t);
  const client = await session(t, door);
  const stream = client.request({ ...ASKED, ':method': 'POST' }, { endStream: false });
  const status = once(stream, 'response').then(([head]) => head[':status']);
  for (let at = 0; at < 160; at += 1) {
    if (!stream.write(Buffer.alloc(64_000, at))) await once(stream, 'drain');
  }
  stream.end();
  stream.resume();
  assert.equal(await status, 200);
  assert.equal(door.acts[0]?.large?.bytes, 160 * 64_000);
});

test('a body of a stream that is given up takes up no room', { timeout: 180_000 }, async (t) => {
  const door = await bed(t);
  const secured = await door.secured({ ALPNProtocols: ['h2'] });
  await once(secured, 'secureConnect');
  t.after(() => secured.destroy());
  secured.resume();
  const length = Buffer.from('9000000');
  // POST, https, `/`, and by their places in the table :authority and content-length.
  const head = [Buffer.of(0x83, 0x87, 0x84, 1, HOST.length), Buffer.from(HOST)];
  const block = Buffer.concat([...head, Buffer.of(0x0f, 28 - 15, length.length), length]);
  const data = frame(0, 0, 1, Buffer.alloc(1000));
  secured.write(Buffer.concat([PREFACE, frame(1, 4, 1, block), data]));
  await until('it stands on disk', () => door.spooled() === 1);
  // RST_STREAM with NO_ERROR: its end looks like that of a body.
  secured.write(frame(3, 0, 1, Buffer.alloc(4)));
  await until('it stands there no more', () => door.spooled() === 0);
  assert.deepEqual(door.acts, []);
});

test('curl, which speaks both, is spoken to in HTTP/1.1', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'h2-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.pem'), authority.certificate);
  writeFileSync(join(folder, 'sent'), Buffer.alloc(10 * 1024 * 1024, 'z'));
  const door = await bed(t, async ({ large }, { onReply }) => {
    const sink = onReply({ status: 200, headers: [['content-type', 'text/plain']] });
    await sink.write(Buffer.from(`${large?.bytes}`));
    return { kind: 'replied' };
  });
  const options = ['-sS', '--http2', '--cacert', join(folder, 'ca.pem')];
  const child = spawn('curl', [
    ...[...options, '-x', `http://127.0.0.1:${door.port}`, '-w', ' %{http_version}'],
    ...['--data-binary', `@${join(folder, 'sent')}`, `https://${HOST}/up`],
  ]);
  const missing = once(child, 'error').then(() => 'missing');
  const said = await Promise.race([text(child.stdout), missing]);
  if (said === 'missing') return t.skip('curl is not here');
  assert.equal(said, '10485760 1.1', await text(child.stderr));
});
