import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeHex, encodeUtf8 } from '@ioi/basis';
import { keyId } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { makeHome, NodeProcess } from '@ioi/kit';
import { operationMessage, type ProposedOperation } from '@ioi/law';
import {
  inclusionProof,
  leafHash,
  nodesFromTiles,
  type Tile,
  tilePath,
  verifyInclusion,
} from '@ioi/merkle';
import type { DomainStatus, DomainsPage, SealedEntry, StateRootProof } from '@ioi/protocol';
import { verify, verifyRead } from '@ioi/verifier';
import { Line } from './api/send.ts';

const DOMAIN = 'agentgres://domain/market.example';
const BASE = '/v1/domains/market.example';
const service = {
  object_class: 'Service',
  schema_version: '1.0.0',
  schema: {
    type: 'object',
    fields: { name: { type: 'text', max_length: 80 }, price: { type: 'integer', min: 0 } },
  },
};

let home: string;
let node: NodeProcess;

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'ioi-domains-'));
  await makeHome(home, []);
  node = new NodeProcess(home);
  await node.ready();
  assert.equal((await node.api('POST', '/v1/domains', { domain_id: DOMAIN })).status, 201);
});

after(async () => {
  await node.stop('SIGKILL');
  node.removeHome();
});

function submit(operation: string, payload: object, more: object = {}) {
  return node.api('POST', `${BASE}/operations`, { operation, payload, ...more });
}

function put(id: string, price: number, more: object = {}) {
  const value = { name: `Service ${id}`, price };
  return submit('objects/put', { object_class: 'Service', id, value }, more);
}

async function proved(path: string): Promise<StateRootProof> {
  const { status, body } = await node.api('GET', `${BASE}/${path}`);
  assert.equal(status, 200, JSON.stringify(body));
  return (body as { proof: unknown }).proof as StateRootProof;
}

test('a domain is opened, filled and read with all that shows it', async () => {
  assert.equal((await submit('objects/class.define', service)).status, 201);
  for (const [id, price] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ] as const) {
    const { status, body } = await put(id, price);
    assert.equal(status, 201);
    const { entry, sealed_size } = body as SealedEntry;
    // The entry, and the one that closes its commit.
    assert.equal(sealed_size, Number(entry.seq) + 2);
  }
  const one = await proved('objects/object.Service/b?proof=1');
  const read = verifyRead(one);
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.value.domain_id, DOMAIN);
  const [object] = one.objects;
  const head = object?.value as { value: object } | undefined;
  assert.deepEqual(head?.value, { name: 'Service b', price: 2 });
  const absent = await proved('objects/object.Service/zz?proof=1');
  assert.ok(verifyRead(absent).ok && absent.objects[0]?.value === undefined);
});

test('a changed read, a hidden object and a false absence are refused', async () => {
  const one = await proved('objects/object.Service/b?proof=1');
  const [object] = one.objects;
  assert.ok(object);
  const dearer = { ...object, value: { ...(object.value as object), version: '9' } };
  assert.ok(!verifyRead({ ...one, objects: [dearer] }).ok);
  const { value: _hidden, ...gone } = object;
  assert.ok(!verifyRead({ ...one, objects: [gone] }).ok);
  const listing = await proved('objects/object.Service?proof=listing');
  const read = verifyRead(listing);
  assert.ok(read.ok && read.value.listed === 3, JSON.stringify(read));
  const { objects } = listing.listing!;
  const less = { ...listing, listing: { ...listing.listing!, objects: objects.slice(1) } };
  assert.ok(!verifyRead(less).ok);
  const empty = await proved('objects/object.Nothing?proof=listing');
  const none = verifyRead(empty);
  assert.ok(none.ok && none.value.listed === 0);
});

test('an id with a comma is proved, one that no proof can carry is refused', async () => {
  assert.equal((await put('a,b', 3)).status, 201);
  const proof = await proved('objects/object.Service?id=a%2Cb&id=none');
  assert.deepEqual(
    proof.objects.map(({ id, value }) => [id, value === undefined]),
    [
      ['a,b', false],
      ['none', true],
    ],
  );
  assert.ok(verifyRead(proof).ok);
  const long = 'x'.repeat(1025);
  const own = [`?id=${long}`, '?id=', '?ids=', `/${long}?proof=inclusion`];
  const other = [`${long}?id=a`, `${long}?proof=listing`, `${long}/a?proof=inclusion`];
  for (const path of [...own.map((each) => `object.Service${each}`), ...other]) {
    const answer = await node.api('GET', `${BASE}/objects/${path}`);
    assert.deepEqual([answer.status, answer.body['code']], [400, 'request.invalid']);
  }
});

test('every byte of a proven read is covered', async () => {
  const text = JSON.stringify(await proved('objects/object.Service?proof=listing'));
  let refused = 0;
  for (let at = 0; at < text.length; at += 7) {
    const other = text[at] === 'A' ? 'B' : 'A';
    let changed: unknown;
    try {
      changed = JSON.parse(`${text.slice(0, at)}${other}${text.slice(at + 1)}`);
    } catch {
      continue;
    }
    const accepted = verifyRead(changed as StateRootProof).ok;
    assert.ok(!accepted, `a change at ${at}: ${text.slice(at - 30, at + 30)}`);
    refused += 1;
  }
  assert.ok(refused > 500, `${refused} changes were tried`);
});

test('operations carry a signature, a precondition, and an id that counts once', async () => {
  const key = generateHybridKey();
  const principal = { public_key: key.publicKey, operations: ['objects/put'], label: 'ci' };
  assert.equal((await submit('domain/principal.register', principal)).status, 201);
  const value = { name: 'signed', price: 4 };
  const proposed: ProposedOperation = {
    operation_id: `op_${'5'.repeat(32)}`,
    operation: 'objects/put',
    authenticated_by: { kind: 'channel' },
    payload: { object_class: 'Service', id: 'signed', value },
  };
  const { body } = await node.api('GET', BASE);
  const { domain_id, genesis_origin: origin } = body as unknown as DomainStatus;
  const message = operationMessage(proposed, { domain_id, origin });
  assert.ok(message.ok);
  const signature = signHybrid(key, 'SIG_DOMAIN_OPERATION', message.value);
  const by = { kind: 'signature', signature };
  const send = { operation_id: proposed.operation_id, authenticated_by: by };
  const sealed = await submit('objects/put', proposed.payload, send);
  assert.equal(sealed.status, 201, JSON.stringify(sealed.body));
  const { entry } = sealed.body as unknown as SealedEntry;
  assert.equal(entry.authenticated_by.kind, 'signature');
  assert.equal(
    (await submit('objects/put', proposed.payload, send)).body['code'],
    'operation.duplicate',
  );
  const other = { ...proposed.payload, id: 'forged' };
  const forged = await submit('objects/put', other, {
    ...send,
    operation_id: `op_${'6'.repeat(32)}`,
  });
  assert.equal(forged.body['code'], 'operation.not_authentic');
  const preconditions = [{ head_class: 'object.Service', id: 'signed', since: '0' }];
  const stale = await put('signed', 5, { preconditions });
  assert.equal(stale.body['code'], 'precondition.failed');
  const since = [{ head_class: 'object.Service', id: 'signed', since: entry.seq }];
  assert.equal((await put('signed', 5, { preconditions: since })).status, 201);
  assert.equal(keyId(key.publicKey), key.keyId);
});

test('what has not the shape of an operation is refused, and the node goes on', async () => {
  const sealed = await put('shape', 1);
  assert.equal(sealed.status, 201);
  const misshapen: readonly object[] = [
    ...[{}, 5, 'channel', { kind: 'nobody' }, { kind: 'signature' }, { kind: 'batch' }].map(
      (by) => ({ authenticated_by: by }),
    ),
    { operation_id: {} },
    ...[5, [null], [{ head_class: 'object.Service', since: 'x' }]].map((preconditions) => ({
      preconditions,
    })),
    { payloads: null },
    { payloads: { [`sha256:${'0'.repeat(64)}`]: {} } },
  ];
  for (const more of misshapen) {
    const { body } = await put('shape', 2, more);
    assert.equal(body['code'], 'operation.malformed', JSON.stringify(more));
  }
  let deep: object = {};
  for (let at = 0; at < 5000; at += 1) deep = { a: deep };
  assert.equal((await submit('objects/put', deep)).status, 400);
  assert.equal((await put('shape', 3)).status, 201);
});

test('a page has a whole number of members, whatever was asked for', async () => {
  for (const limit of ['0.5', '1.5', '-1', 'x', '1e9']) {
    for (const path of [`${BASE}/log`, `${BASE}/objects/object.Service`, '/v1/log']) {
      const { status } = await node.api('GET', `${path}?limit=${limit}`);
      assert.equal(status, 200, `${path}?limit=${limit}`);
    }
  }
  assert.equal((await node.api('GET', '/v1/log?before=1.5')).status, 200);
});

test('a body is refused once it is larger than any operation', async () => {
  const body = { operation: 'objects/put', payload: { text: 'x'.repeat(5_000_000) } };
  for (const path of [`${BASE}/operations`, '/v1/query', '/v1/data/select']) {
    assert.equal((await node.api('POST', path, body)).body['code'], 'request.too_large', path);
  }
});

test('the export of a domain verifies, and its tiles lead to the checkpoint', async () => {
  const exported = await node.api('GET', `${BASE}/export`);
  const text = String(exported.body['text']);
  const report = verify([encodeUtf8(text)]);
  assert.deepEqual(report.findings, []);
  const note = JSON.parse(text.slice(0, text.indexOf('\n'))).note as string;
  const [, sizeText = '0', root = ''] = note.split('\n');
  const size = Number(sizeText);
  const tiles = new Map<string, Uint8Array>();
  const width = size % 256;
  const wanted: Tile = { level: 0, index: 0, width };
  tiles.set(tilePath(wanted), await bytesAt(`${BASE}/${tilePath(wanted)}`));
  const nodes = nodesFromTiles((tile) => tiles.get(tilePath(tile)) ?? new Uint8Array(), size);
  const [line = ''] = text.split('\n').filter((each) => each.includes('"objects/class.define"'));
  const seq = Number(JSON.parse(line).seq);
  const proof = inclusionProof(nodes, seq, size);
  const claim = { leafHash: leafHash(line), index: seq, size, proof };
  assert.ok(verifyInclusion({ ...claim, root: Buffer.from(root, 'base64') }).ok);
  assert.equal((await node.api('GET', `${BASE}/tile/0/001`)).status, 404);
  assert.ok(encodeHex(await bytesAt(`${BASE}/tile/entries/000.p/${width}`)).length > 1000);
});

test('domains stand after a kill, and one that is not open is named', async () => {
  const before = await node.api('GET', BASE);
  await node.stop('SIGKILL');
  node = new NodeProcess(home);
  await node.ready();
  const unasked = (await node.api('GET', '/v1/domains')).body as unknown as DomainsPage;
  assert.deepEqual([unasked.domains.length, unasked.closed], [1, [DOMAIN]], 'a list opens nothing');
  const again = await node.api('GET', BASE);
  assert.equal(again.body['size'], before.body['size']);
  assert.equal(again.body['state_root'], before.body['state_root']);
  assert.equal((await put('after', 9)).status, 201);
  const { body } = await node.api('GET', '/v1/domains');
  assert.equal((body['domains'] as object[]).length, 2);
  assert.deepEqual(body['closed'], []);
  const missing = await node.api('POST', '/v1/domains/other.example/operations', {});
  assert.equal(missing.body['code'], 'domain.not_open');
  const twice = await node.api('POST', '/v1/domains', { domain_id: DOMAIN });
  assert.equal(twice.body['code'], 'domain.open_already');
  const inNode = await node.api('GET', '/v1/domains');
  const [own] = inNode.body['domains'] as { domain_id: string }[];
  const path = `/v1/domains/${own?.domain_id.replace('agentgres://domain/', '')}/operations`;
  const posed = await node.api('POST', path, { operation: 'boundary/action.refuse', payload: {} });
  assert.equal(posed.body['code'], 'operation.not_authentic');
});

test('what was sealed for a key is answered for it again, also after a kill', async () => {
  const send = async (path: string, key: string, asked: object) => {
    const line = new Line(node.socketPath('daemon'), 1);
    const body = Buffer.from(JSON.stringify(asked));
    const headers = { 'idempotency-key': `"${key}"` };
    const { status, text } = await line.ask({ method: 'POST', path, headers, body });
    line.close();
    return { status, said: JSON.parse(text) };
  };
  const value = { name: 'once', price: 1 };
  const post = async (id: string): Promise<[number, string]> => {
    const payload = { object_class: 'Service', id, value };
    const asked = { operation: 'objects/put', payload };
    const { status, said } = await send(`${BASE}/operations`, 'kept over a kill', asked);
    return [status, status === 201 ? said.entry.seq : said.code];
  };
  const ask = async (subject_id: string): Promise<[number, string]> => {
    const { status, said } = await send('/v1/wallet/requests', 'scopes', {
      subject_id,
      authority_scopes: ['scope:mcp.call'],
      primitive_capabilities: ['prim:mcp.call'],
      resources: ['mcp://ledger/append'],
    });
    return [status, status === 201 ? said.request.authority_request_id : said.code];
  };
  const [asked, id] = await ask('agent://local/one');
  assert.equal(asked, 201, id);
  const [status, seq] = await post('keyed');
  assert.equal(status, 201, seq);
  assert.deepEqual(await post('keyed'), [201, seq]);
  assert.deepEqual(await post('other'), [422, 'idempotency.key_reused']);
  await node.stop('SIGKILL');
  node = new NodeProcess(home);
  await node.ready();
  assert.deepEqual(await post('keyed'), [201, seq]);
  assert.deepEqual(await ask('agent://local/one'), [201, id]);
  // What one life of the node refused, the next one knows by the log.
  assert.deepEqual(await post('other'), [422, 'idempotency.key_reused']);
});

test('no more domains are open at once than node.json says; those open go on', async () => {
  const small = mkdtempSync(join(tmpdir(), 'ioi-few-domains-'));
  await makeHome(small, []);
  const file = join(small, 'node.json');
  const config = { ...JSON.parse(readFileSync(file, 'utf8')), open_domains_max: 2 };
  writeFileSync(file, JSON.stringify(config));
  const few = new NodeProcess(small);
  after(async () => {
    await few.stop('SIGKILL');
    few.removeHome();
  });
  await few.ready();
  const open = (name: string) =>
    few.api('POST', '/v1/domains', { domain_id: `agentgres://domain/${name}` });
  assert.deepEqual([(await open('one')).status, (await open('two')).status], [201, 201]);
  const third = await open('three');
  assert.deepEqual([third.status, third.body['code']], [503, 'domain.too_many_open']);
  const listed = (await few.api('GET', '/v1/domains')).body as unknown as DomainsPage;
  assert.deepEqual([listed.domains.length, listed.closed], [3, []], 'nothing was recorded of it');
  assert.equal((await few.api('GET', '/v1/domains/one')).status, 200);
});

function bytesAt(path: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: node.socketPath('daemon'), path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    sent.on('error', reject);
    sent.end();
  });
}
