import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, connect as connectPlainly } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { issueCertificate } from './issue-certificate.ts';
import { connectPinned, groupOf, listenPinned, tlsGroup, tlsIdentity } from './pinned-tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const identity = (name: string) => tlsIdentity(join(folder, `${name}.pem`), name);
const [node, known, stranger] = ['node', 'known', 'stranger'].map(identity) as [
  ReturnType<typeof identity>,
  ReturnType<typeof identity>,
  ReturnType<typeof identity>,
];

const server = listenPinned({
  identity: node,
  admits: (keyHash) => keyHash === known.keyHash,
  onPeer: ({ socket, keyHash }) => socket.end(keyHash),
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
after(() => server.close());
const at = { host: '127.0.0.1', port, pinned: node.keyHash };

async function saidTo(who: ReturnType<typeof identity>): Promise<string> {
  const socket = await connectPinned({ ...at, identity: who });
  let said = '';
  for await (const chunk of socket.setEncoding('utf8')) said += chunk;
  return said;
}

test('whoever holds a key that is admitted is heard, and known by it', async () => {
  assert.equal(await saidTo(known), known.keyHash);
  assert.equal(identity('known').keyHash, known.keyHash, 'a key is made once');
  assert.equal(statSync(join(folder, 'known.pem')).mode & 0o777, 0o600);
});

test('a stranger, one without a key and one without TLS are told nothing', async () => {
  assert.equal(await saidTo(stranger).catch(() => ''), '');
  const bare = connect({ host: at.host, port, rejectUnauthorized: false });
  bare.on('error', () => {});
  bare.on('data', () => assert.fail('it was told something'));
  await once(bare, 'close');
  const plain = connectPlainly(port, at.host);
  plain.on('error', () => {});
  plain.write('hello\n');
  plain.resume();
  await once(plain, 'close');
});

test('a session that is resumed shows no key, and is told nothing', async () => {
  const key = known.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const valid = { from: Date.now() - 1000, until: Date.now() + 60_000 };
  const cert = issueCertificate({ subject: 'known', publicKey: known.publicKey, valid }, known);
  const meant = { host: at.host, port, key, cert, rejectUnauthorized: false };
  const first = connect(meant);
  first.resume();
  const [session] = (await once(first, 'session')) as [Buffer];
  await once(first, 'close');
  const again = connect({ ...meant, session });
  again.on('error', () => {});
  again.on('data', () => assert.fail('it was told something'));
  again.once('secureConnect', () => assert.equal(again.isSessionReused(), true));
  await once(again, 'close');
});

test('somebody else at the address is not taken for the one that is meant', async () => {
  const pinned = stranger.keyHash;
  await assert.rejects(connectPinned({ ...at, pinned, identity: known }), /another key/);
});

test('keys are agreed on by the one group that this runtime has, and no lesser one', async () => {
  const socket = await connectPinned({ ...at, identity: known });
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  assert.equal(groupOf(socket), tlsGroup());
  assert.equal(tlsGroup(), 'X25519MLKEM768');
  socket.destroy();
  for (const lesser of [{ ecdhCurve: 'X25519' }, { maxVersion: 'TLSv1.2' } as const]) {
    const weak = connect({ host: at.host, port, rejectUnauthorized: false, ...lesser });
    await assert.rejects(once(weak, 'secureConnect'));
  }
});
