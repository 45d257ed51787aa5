import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createPlain } from 'node:net';
import { type TestContext, test } from 'node:test';
import { AssertionFault, ok } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import type { JsonObject } from '@ioi/jsonrpc';
import { MOST_KEPT_BYTES, PUSH_TOOL, SOCKET_TOOL, webContracts } from '@ioi/law';
import {
  type ActionFacts,
  isNetworkReceipt,
  type NetworkReceipt,
  type Outcome,
  type PerformOptions,
  type RuntimeToolContract,
  type SealedAction,
} from '@ioi/protocol';
import { requestFor, sealedAction } from '../testing/actions.ts';
import { webDriver } from './web-driver.ts';

const edge = { secret: async () => undefined };
const HERE = { resolved_addresses: ['127.0.0.1'] };
const argumentsOf = ({ request }: SealedAction) => {
  const { _meta, ...given } = request.params as JsonObject;
  return ok(given);
};
const metaOf = ({ request }: SealedAction) => ok(request.params['_meta'] as JsonObject);

async function served(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const contractFor = (method: string) => webContracts.get(method) as RuntimeToolContract;

type Wanted = { readonly method?: string; readonly body?: unknown; readonly facts?: ActionFacts };

function sealed(url: string, { method = 'GET', body, facts = HERE }: Wanted = {}): SealedAction {
  const headers = JSON.stringify([['accept', 'text/plain']]);
  const params = { url, method, ...(body === undefined ? {} : { body }), _meta: { headers } };
  const nonce = String(process.hrtime.bigint());
  return sealedAction(contractFor(method), requestFor(contractFor(method), params, nonce), facts);
}

const driver = webDriver({ argumentsOf, metaOf });
const signal = new AbortController().signal;
const perform = (action: SealedAction, options: Partial<PerformOptions> = {}): Promise<Outcome> =>
  driver.perform(action, edge, { signal, ...options });

function receiptIn(outcome: Outcome): NetworkReceipt {
  assert.ok(isNetworkReceipt(outcome.output), JSON.stringify(outcome));
  return outcome.output;
}

test('a request is sent as it was sealed, and its receipt names both bodies', async (t) => {
  let seen: unknown;
  const port = await served(t, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method, url, headers } = incoming;
      seen = [method, url, headers.host, headers.accept, String(Buffer.concat(chunks))];
      response.end('pong');
    });
  });
  const host = `127.0.0.1:${port}`;
  const outcome = await perform(sealed(`http://${host}/a?b`, { method: 'POST', body: 'ping' }));
  assert.deepEqual(seen, ['POST', '/a?b', host, 'text/plain', 'ping']);
  assert.equal(outcome.kind, 'completed');
  const receipt = receiptIn(outcome);
  const cid = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  assert.equal(receipt.request_cid, cid('ping'));
  assert.equal(receipt.response_cid, cid('pong'));
  assert.equal(receipt.address, '127.0.0.1');
  assert.deepEqual(receipt.response_body, { encoding: 'utf8', data: 'pong' });
});

test('bytes that are no text are sent and kept as they are', async (t) => {
  const bytes = Buffer.from([0, 255, 128, 10]);
  const port = await served(t, (incoming, response) => incoming.pipe(response));
  const body = { latin1: bytes.toString('latin1') };
  const url = `http://127.0.0.1:${port}/`;
  const { response_body: kept } = receiptIn(await perform(sealed(url, { method: 'PUT', body })));
  assert.deepEqual(kept, { encoding: 'base64', data: bytes.toString('base64') });
});

test('a push that a repository refuses in part is an answer that says so', async (t) => {
  const said = '000eunpack ok\n0017ok refs/heads/main\n001dng refs/heads/old locked\n0000';
  const port = await served(t, (_, response) => response.end(said));
  const contract = contractFor(PUSH_TOOL);
  const url = `http://127.0.0.1:${port}/a.git/git-receive-pack`;
  const params = { url, method: 'POST', body: '', _meta: { headers: '[]' } };
  const action = sealedAction(contract, requestFor(contract, params, 'push'), HERE);
  const outcome = await perform(action);
  const refs = receiptIn(outcome).push_report?.refs;
  assert.deepEqual(refs, [
    { ref: 'refs/heads/main', is_done: true },
    { ref: 'refs/heads/old', is_done: false, reason: 'locked' },
  ]);
  assert.ok(outcome.kind === 'completed' && outcome.reportedError);
});

test('an action is performed once', async (t) => {
  let asked = 0;
  const port = await served(t, (_, response) => {
    asked += 1;
    response.end();
  });
  const action = sealed(`http://127.0.0.1:${port}/`);
  await perform(action);
  await assert.rejects(perform(action), AssertionFault);
  assert.equal(asked, 1);
});

test('a name leads where it was decided that it leads, and nowhere near', async (t) => {
  const port = await served(t, (_, response) => response.end('here'));
  // The name is nobody's: only the sealed address can be where it leads.
  const outcome = await perform(sealed(`http://nobody.invalid:${port}/`));
  assert.equal(receiptIn(outcome).response_body?.data, 'here');
  const near = await driver.gather(
    contractFor('GET'),
    requestFor(contractFor('GET'), { url: 'http://ip6-localhost.localdomain.invalid/' }),
  );
  assert.ok(!near.ok);
  const none = await perform(sealed(`http://nobody.invalid:${port}/`, { facts: {} }));
  assert.equal(none.kind, 'failed_before_effect');
});

test('a name is asked for only where a request could be let through', async () => {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return ok(['192.0.2.1']);
  };
  const mayPass = ({ params }: { params: object }) => !JSON.stringify(params).includes('secret');
  const careful = webDriver({ argumentsOf, metaOf, resolve, mayPass });
  const facts = async (url: string) => {
    const contract = contractFor('GET');
    const gathered = await careful.gather(contract, requestFor(contract, { url }));
    return gathered.ok && gathered.value;
  };
  assert.deepEqual(await facts('https://secret.a.example/'), {});
  assert.deepEqual(await facts('https://b.example/'), { resolved_addresses: ['192.0.2.1'] });
  assert.deepEqual(asked, ['b.example']);
});

test('connections are used again for the same addresses alone', async (t) => {
  const port = await served(t, (_, response) => response.end('here'));
  const url = `http://rebound.invalid:${port}/`;
  assert.equal((await perform(sealed(url))).kind, 'completed');
  const facts = { resolved_addresses: ['127.0.0.9'] };
  const moved = await perform(sealed(url, { facts }));
  // Whatever listens there or not, it is not the open connection to the first address.
  const { output } = moved;
  assert.notEqual((output as NetworkReceipt | undefined)?.address, '127.0.0.1');
});

test('an answer goes on while it comes; what is long is named and not kept', async (t) => {
  const piece = Buffer.alloc(65_536, 97);
  const port = await served(t, (_, response) => {
    for (let at = 0; at < 20; at += 1) response.write(piece);
    response.end();
  });
  let size = 0;
  const onReply: PerformOptions['onReply'] = ({ status }) => {
    assert.equal(status, 200);
    const write = async (chunk: Uint8Array): Promise<void> => {
      size += chunk.length;
    };
    return { write };
  };
  const receipt = receiptIn(await perform(sealed(`http://127.0.0.1:${port}/`), { onReply }));
  assert.equal(size, 20 * 65_536);
  assert.ok(size > MOST_KEPT_BYTES);
  assert.deepEqual([receipt.response_bytes, receipt.response_body], [size, undefined]);
});

test('an answer that breaks off leaves a write in doubt, and a read undone', async (t) => {
  const server = createPlain((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  assert.equal((await perform(sealed(url))).kind, 'failed_before_effect');
  const write = await perform(sealed(url, { method: 'POST' }));
  assert.equal(write.kind, 'effect_unknown');
  assert.equal(receiptIn(write).complete, false);
});

/** A server that says this once it is asked. */
async function saying(t: TestContext, words: string, again = 1): Promise<string> {
  const server = createPlain((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      for (let at = 0; at < again; at += 1) socket.write(words);
    });
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** That of the example in RFC 6455 1.3. */
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A server that opens a WebSocket with this answer to its key, and says back what it hears. */
async function echoing(t: TestContext, accept = ACCEPT): Promise<SealedAction> {
  const server = createServer((_, response) => response.end('plain'));
  server.on('upgrade', (_, socket) => {
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.on('error', () => {});
    socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const contract = contractFor(SOCKET_TOOL);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const headers = JSON.stringify([['sec-websocket-key', KEY]]);
  const params = { url, method: 'GET', _meta: { headers } };
  return sealedAction(contract, requestFor(contract, params, accept), HERE);
}

/** A program that says this, and then waits until `done`. */
function speaking(words: string, done: Promise<void>) {
  const heard: string[] = [];
  async function* incoming() {
    yield Buffer.from(words);
    await done;
  }
  const onReply: PerformOptions['onReply'] = ({ status }) => {
    assert.equal(status, 101);
    const write = async (chunk: Uint8Array): Promise<void> => void heard.push(String(chunk));
    return { write, incoming: incoming() };
  };
  return { heard, onReply };
}

test('a WebSocket is carried both ways, counted and named, until one side ends it', async (t) => {
  const done = Promise.withResolvers<void>();
  const { heard, onReply } = speaking('ping', done.promise);
  const action = await echoing(t);
  const ended = perform(action, { onReply });
  await until('it is said back', () => heard.join('') === 'ping');
  done.resolve();
  const outcome = await ended;
  assert.equal(outcome.kind, 'completed');
  const receipt = receiptIn(outcome);
  const cid = `sha256:${createHash('sha256').update('ping').digest('hex')}`;
  assert.deepEqual([receipt.request_cid, receipt.response_cid], [cid, cid]);
  assert.deepEqual([receipt.request_bytes, receipt.response_bytes], [4, 4]);
  assert.deepEqual([receipt.status, receipt.ended_by], [101, 'program']);
});

test('a WebSocket ends when a person stops it, and one nobody speaks in is closed', async (t) => {
  const stop = new AbortController();
  const { heard, onReply } = speaking('ping', new Promise(() => {}));
  const stopping: PerformOptions['onReply'] = (head) => {
    return { ...onReply(head), stop: stop.signal };
  };
  const ended = perform(await echoing(t), { onReply: stopping });
  await until('it is said back', () => heard.join('') === 'ping');
  stop.abort();
  assert.equal(receiptIn(await ended).ended_by, 'stop');
  const alone = await perform(await echoing(t), { onReply: () => ({ write: async () => {} }) });
  assert.equal(alone.kind, 'effect_unknown');
  const more = `${ACCEPT}${'\r\na: b'.repeat(600)}`;
  for (const accept of ['x', more]) {
    const other = await perform(await echoing(t, accept), { onReply });
    assert.deepEqual([other.kind, other.output], ['effect_unknown', undefined]);
  }
});

test('an answer that is none ends its act, and leaves a write in doubt', async (t) => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
  const url = await saying(t, switching);
  assert.equal((await perform(sealed(url, { method: 'POST' }))).kind, 'effect_unknown');
  const flood = await saying(t, 'HTTP/1.1 103 Early Hints\r\n\r\n', 100);
  assert.equal((await perform(sealed(flood, { method: 'POST' }))).kind, 'effect_unknown');
  const headers = 'a:b\r\n'.repeat(600);
  const many = await saying(t, `HTTP/1.1 200 OK\r\n${headers}content-length: 0\r\n\r\n`);
  const { kind, output } = await perform(sealed(many, { method: 'POST' }));
  assert.deepEqual([kind, output], ['effect_unknown', undefined]);
});

test('what never reached a server had no effect', async () => {
  const outcome = await perform(sealed('http://127.0.0.1:1/', { method: 'POST' }));
  assert.equal(outcome.kind, 'failed_before_effect');
  const cut = new AbortController();
  cut.abort();
  const late = await perform(sealed('http://127.0.0.1:1/'), { signal: cut.signal });
  assert.equal(late.kind, 'failed_before_effect');
});

test('whoever goes away ends what it asked for', async (t) => {
  const arrived = Promise.withResolvers<void>();
  const port = await served(t, () => arrived.resolve());
  const cut = new AbortController();
  const url = `http://127.0.0.1:${port}/`;
  const ended = perform(sealed(url, { method: 'POST' }), { signal: cut.signal });
  await arrived.promise;
  cut.abort();
  assert.equal((await ended).kind, 'effect_unknown');
});

test('a redirect is an answer, and nobody follows it', async (t) => {
  let asked = 0;
  const port = await served(t, (_, response) => {
    asked += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  const receipt = receiptIn(await perform(sealed(`http://127.0.0.1:${port}/`)));
  assert.deepEqual([receipt.status, asked], [302, 1]);
});

test('addresses near this machine are told from others', async () => {
  const { isNear } = await import('./sandbox/near.ts');
  const near = ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', 'fd00::1', '::ffff:127.0.0.1'];
  for (const each of [...near, '100.64.0.1', '0.0.0.0', '64:ff9b::7f00:1', '2002:7f00:1::']) {
    assert.ok(isNear(each), each);
  }
  for (const each of ['192.0.2.1', '8.8.8.8', '2001:db8::1', '2606:4700::1']) {
    assert.ok(!isNear(each), each);
  }
});

test('addresses of this machine are near it, whatever they look like', async () => {
  const { isNear } = await import('./sandbox/near.ts');
  const about = { netmask: '', mac: '', internal: false, scopeid: 0 };
  const interfaces = {
    one: [
      { ...about, address: '203.0.113.7', family: 'IPv4', cidr: '203.0.113.7/24' } as const,
      { ...about, address: '2001:db8:1:2::7', family: 'IPv6', cidr: '2001:db8:1:2::7/64' } as const,
    ],
  };
  const near = ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8:1:2::7', '2001:db8:1:2::8'];
  for (const each of [...near, '168.63.129.16', '192.0.0.192', '::ffff:0:7f00:1']) {
    assert.ok(isNear(each, interfaces), each);
  }
  for (const each of ['203.0.113.8', '2001:db8:1:3::7']) assert.ok(!isNear(each, interfaces), each);
});
