import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import {
  isDeviceHost,
  linkProofBytes,
  type NodeSays,
  nodeSaysIn,
  type RelaySays,
  relayAddressIn,
  relayFrame,
  relaySaysIn,
} from './index.ts';

const token = 'a1'.repeat(32);
const parts = { ed25519: 'QUJD', ml_dsa_44: 'REVG' };
const algorithm = 'hybrid-ed25519-ml-dsa-44';
const name = 'laptop.relay.example.org';

test('what node and relay say reads back, and nothing else does', () => {
  const ofNode: NodeSays[] = [
    { kind: 'link', name, key: { algorithm, ...parts } },
    { kind: 'proof', signature: { algorithm, key_id: 'sha256:00', ...parts } },
    { kind: 'take', token },
    { kind: 'ping' },
  ];
  const ofRelay: RelaySays[] = [
    { kind: 'prove', nonce: token },
    { kind: 'linked' },
    { kind: 'call', token },
    { kind: 'refused', code: 'relay.unknown', message: 'nobody' },
    { kind: 'pong' },
  ];
  for (const said of ofNode) assert.deepEqual(nodeSaysIn(relayFrame(said)), said);
  for (const said of ofRelay) assert.deepEqual(relaySaysIn(relayFrame(said)), said);
  const wrong: unknown[] = [
    { kind: 'link', name: '../names', key: { algorithm, ...parts } },
    { kind: 'link', name, key: { algorithm: 'ed25519', ...parts } },
    { kind: 'link', name, key: { algorithm, ed25519: 'x'.repeat(4000), ml_dsa_44: 'x' } },
    { kind: 'proof', signature: { algorithm, ...parts } },
    { kind: 'take', token: token.toUpperCase() },
    { kind: 'call', token: 7 },
    { kind: 'prove' },
    { kind: 'refused', code: 1, message: '' },
    [],
    null,
    'ping',
  ];
  for (const said of wrong) {
    const body = encodeUtf8(JSON.stringify(said));
    assert.deepEqual([nodeSaysIn(body), relaySaysIn(body)], [undefined, undefined]);
  }
});

test('no bytes make either of them throw', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(encodeUtf8));
  fc.assert(
    fc.property(bytes, (body) => {
      assert.ok(nodeSaysIn(body) !== null && relaySaysIn(body) !== null);
    }),
  );
});

test('a proof is for one relay, one name and one question', () => {
  const of = (...about: [string, string, string]) => Buffer.from(linkProofBytes(...about));
  const proof = of('relay.example.org:8443', name, token);
  assert.ok(!proof.equals(of('other.example.org:8443', name, token)));
  assert.ok(!proof.equals(of('relay.example.org:8443', 'b.relay.example.org', token)));
  assert.ok(!proof.equals(of('relay.example.org:8443', name, 'b2'.repeat(32))));
});

test('a relay has a host and a port, and a name is that of a host', () => {
  const address = { host: 'relay.example.org', port: 8443 };
  assert.deepEqual(relayAddressIn('relay.example.org:8443'), address);
  assert.deepEqual(relayAddressIn('[::1]:1'), { host: '::1', port: 1 });
  for (const text of ['', ':1', 'a', 'a:', 'a:0', 'a:65536', 'https://a:1', 'a b:1', 'A:1']) {
    assert.equal(relayAddressIn(text), undefined, text);
  }
  assert.ok(isDeviceHost(name));
  for (const host of ['localhost', 'a.localhost', '10.0.0.7', '../a.b', 'a/b.example', 'A.b']) {
    assert.equal(isDeviceHost(host), false, host);
  }
});
