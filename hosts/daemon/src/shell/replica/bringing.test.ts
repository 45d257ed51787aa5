import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { connect } from 'node:tls';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { until } from '@ioi/basis/testing';
import { generateHybridKey } from '@ioi/crypto/shell';
import { pinnedTls, tlsGroup } from '@ioi/crypto/tls/shell';
import { type Answered, type Replica, ReplicaKit } from '../../testing/replica-kit.ts';
import { openTlsIdentity } from '../admission/tls-identity.ts';

const skip = whyNoPostgres() ?? false;
const OPERATIONS = '/v1/domains/market.example/operations';
let server: PostgresServer;
let kit: ReplicaKit;
let replica: Replica;
let kits = 0;
before(async () => {
  if (!skip) server = await PostgresServer.start();
});
after(() => server?.remove());
afterEach(() => kit?.close());

/** A writer that listens, and a replica that the owner named. */
async function begin(named: readonly string[] = ['reader']): Promise<void> {
  kits += 1;
  kit = await ReplicaKit.start(server, `bringing${kits}`);
  await kit.listen();
  await kit.roster('1', named);
  replica = await kit.replica('reader');
  await until('it is fresh', async () => {
    return (await replica.ask('GET', '/v1/domains/market.example/log')).status === 200;
  });
}

function bring(body: unknown): Promise<Answered> {
  return replica.ask('POST', OPERATIONS, body);
}

test('an operation is acknowledged by who writes, and by nobody else', { skip }, async () => {
  await begin();
  const body = kit.signed('first');
  const [brought, twin] = await Promise.all([bring(body), bring(body)]);
  assert.equal(brought.status, 201, JSON.stringify(brought.body));
  assert.equal(brought.headers.get('ioi-writer'), 'one');
  assert.equal(twin.status, 201, 'the same at once is brought once');
  const again = await bring(body);
  assert.equal(again.body['code'], 'operation.duplicate');
  assert.deepEqual(await kit.idsSealed(), ['first']);
  kit.listener?.close();
  const gone = await bring(kit.signed('second'));
  assert.ok(['admission.no_writer', 'admission.in_doubt'].includes(String(gone.body['code'])));
  assert.equal(gone.status, 503);
  assert.equal(gone.headers.get('retry-after'), '1');
});

test('what is misshapen, unsigned or forged is not brought to anybody', { skip }, async () => {
  await begin();
  const signed = kit.signed('forged');
  const { authenticated_by: by, ...rest } = signed;
  const channel = { kind: 'channel' };
  const cases: (readonly [string, unknown])[] = [
    ['request.invalid', 'not an object, but a text'],
    ['operation.malformed', rest],
    ['operation.malformed', { ...signed, operation_id: 'op_1' }],
    ['operation.malformed', { ...signed, authenticated_by: { kind: 'owner' } }],
    ['operation.malformed', []],
    ['admission.unsigned', { ...signed, authenticated_by: channel }],
    ['admission.unsigned', { ...signed, authenticated_by: { kind: 'guardian' } }],
    ['operation.not_authentic', { ...signed, payload: { ...signed.payload, id: 'other' } }],
    ['operation.not_authentic', { ...kit.signed('x'), authenticated_by: by }],
  ];
  for (const [code, body] of cases) {
    const answer = await bring(body);
    const expected = body === cases[0]?.[1] ? 'operation.malformed' : code;
    assert.equal(answer.body['code'], expected, JSON.stringify(body).slice(0, 200));
  }
  const long = await bring({ ...signed, payload: { text: 'x'.repeat(5_000_000) } });
  assert.equal(long.status, 413);
  const elsewhere = await replica.ask('POST', '/v1/domains/none.example/operations', signed);
  assert.equal(elsewhere.body['code'], 'domain.not_open');
  assert.deepEqual(await kit.idsSealed(), []);
});

test('only whom the owner named is heard, in both directions', { skip }, async () => {
  await begin([]);
  const refused = await bring(kit.signed('first'));
  assert.equal(refused.body['code'], 'admission.not_enrolled');
  await kit.roster('2', ['reader'], generateHybridKey());
  await kit.beat();
  assert.equal((await bring(kit.signed('first'))).body['code'], 'admission.not_enrolled');
  const stranger = openTlsIdentity(kit.folderOf('stranger'));
  const port = kit.listener?.port ?? 0;
  for (const identity of [stranger, undefined]) {
    const shown = identity ? pinnedTls(identity) : { rejectUnauthorized: false };
    const socket = connect({ host: '127.0.0.1', port, ...shown });
    socket.on('error', () => {});
    socket.write('POST /v1/domains/market.example/operations HTTP/1.1\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    assert.equal(socket.bytesRead, 0, 'not a byte of an answer');
  }
  assert.equal(tlsGroup(), 'X25519MLKEM768');
});

test('what a replica sends beyond any operation is refused unheld, and half a head cut off', {
  skip,
}, async () => {
  await begin();
  const port = kit.listener?.port ?? 0;
  const shown = pinnedTls(openTlsIdentity(kit.folderOf('reader')));
  const spoken = async (text: string): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port, ...shown });
    socket.on('error', () => {});
    socket.write(text);
    let answer = '';
    for await (const part of socket) answer += String(part);
    return answer;
  };
  const head = `POST ${OPERATIONS} HTTP/1.1\r\nhost: writer\r\nconnection: close\r\n`;
  const part = `${(1_000_000).toString(16)}\r\n${'x'.repeat(1_000_000)}\r\n`;
  const long = await spoken(`${head}transfer-encoding: chunked\r\n\r\n${part.repeat(5)}0\r\n\r\n`);
  assert.match(long, /^HTTP\/1.1 413 /);
  const begun = performance.now();
  assert.match(await spoken(`${head}x: `), /^(HTTP\/1.1 408 .*)?$/s);
  assert.ok(performance.now() - begun < 20_000);
});

test('bodies on their way hold so much at most, and no more are begun', { skip }, async () => {
  await begin();
  const headers = { 'content-length': '4000000' };
  const held = Promise.withResolvers<void>();
  const begun = () => {
    const pull = (to: ReadableStreamDefaultController) => held.promise.then(() => to.close());
    return replica.send(OPERATIONS, headers, new ReadableStream({ pull }));
  };
  const slow = Array.from({ length: 16 }, begun);
  const more = await replica.send(OPERATIONS, headers, null);
  assert.equal(((await more.json()) as { code: string }).code, 'admission.too_many');
  assert.equal((await replica.ask('GET', '/v1/domains')).status, 200, 'reads go on');
  held.resolve();
  for (const each of await Promise.all(slow)) assert.equal(each.status, 400);
  assert.equal((await bring(kit.signed('first'))).status, 201);
});
