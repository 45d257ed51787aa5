import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@ioi/canon';
import { withLowS } from '@ioi/crypto';
import { challengeOf } from '@ioi/law';
import { hashOf, TestPasskey } from '@ioi/law/testing';
import fc from 'fast-check';
import { readCborMap } from './cbor-map.ts';
import { plainEcdsa } from './ecdsa-der.ts';
import { factorIn, type Registering } from './registration.ts';

const origin = 'http://localhost:4747';
const digest = hashOf('asked');
const asking: Registering = { digest, origin, rpId: 'localhost', label: 'laptop', actsAs: [] };

type Changed = {
  readonly type?: string;
  readonly origin?: string;
  readonly challenge?: string;
  readonly flags?: number;
  readonly cose?: Uint8Array;
};

/** What a browser hands over for the key of a passkey in software. */
function registrationOf(passkey: TestPasskey, changed: Changed = {}) {
  const { type = 'webauthn.create', challenge = challengeOf(digest) } = changed;
  const client = { type, challenge, origin: changed.origin ?? origin, crossOrigin: false };
  const counter = Buffer.from([0, 0, 0, 3]);
  const id = Buffer.from('credential');
  const cose = changed.cose ?? coseOf(passkey);
  const attested = [Buffer.alloc(16), Buffer.from([0, id.length]), id, cose];
  const flags = Buffer.from([changed.flags ?? 0x45]);
  const data = Buffer.concat([sha256('localhost'), flags, counter, ...attested]);
  return {
    client_data: Buffer.from(JSON.stringify(client)).toString('base64'),
    authenticator_data: data.toString('base64'),
    transports: ['internal', 'NOT ONE'],
  };
}

function coseOf({ publicKey }: TestPasskey): Buffer {
  const key = Buffer.from(publicKey.key, 'base64');
  if (publicKey.algorithm === 'es256') {
    const coordinate = (label: number, at: number) =>
      Buffer.concat([Buffer.from([label, 0x58, 32]), key.subarray(at, at + 32)]);
    const head = Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1]);
    return Buffer.concat([head, coordinate(0x21, 1), coordinate(0x22, 33)]);
  }
  if (publicKey.algorithm === 'ed25519') {
    return Buffer.concat([Buffer.from([0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32]), key]);
  }
  const head = Buffer.from([0xa3, 1, 7, 3, 0x38, 47, 0x20, 0x59, 1312 >> 8, 1312 & 255]);
  return Buffer.concat([head, key]);
}

test('a new passkey is read as its authenticator made it', () => {
  for (const algorithm of ['es256', 'ed25519', 'ml-dsa-44'] as const) {
    const passkey = new TestPasskey(algorithm);
    const factor = factorIn(registrationOf(passkey), asking);
    assert.ok(factor.ok, algorithm);
    assert.deepEqual(factor.value, {
      factor_id: passkey.factorId,
      credential_id: Buffer.from('credential').toString('base64'),
      public_key: passkey.publicKey,
      rp_id: 'localhost',
      origin,
      sign_counter: '3',
      label: 'laptop',
      transports: ['internal'],
    });
  }
});

test('a passkey made elsewhere, for something else or without its user is none', () => {
  const passkey = new TestPasskey('es256');
  const broken: Changed[] = [
    { type: 'webauthn.get' },
    { origin: 'http://localhost:4748' },
    { challenge: challengeOf(hashOf('other')) },
    { flags: 0x41 },
    { flags: 0x44 },
    { flags: 0x05 },
    { cose: Buffer.from([0xa0]) },
    { cose: Buffer.from([0xa1, 1, 2]) },
    { cose: coseOf(passkey).subarray(0, 40) },
  ];
  for (const change of broken) {
    const factor = factorIn(registrationOf(passkey, change), asking);
    assert.equal(factor.ok, false, JSON.stringify(change));
  }
});

test('no bytes are read as a key but those that are one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const map = readCborMap(bytes);
      assert.ok(map === undefined || map.size <= 16);
    }),
  );
  assert.equal(readCborMap(Uint8Array.of(0xa2, 1, 1, 1, 2)), undefined, 'a key twice');
  assert.equal(readCborMap(Uint8Array.of(0xbf, 1, 1, 0xff)), undefined, 'without a length');
});

test('an ECDSA signature is taken in the one spelling of DER, with the lower s', () => {
  const scalar = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(scalar, scalar, (r, s) => {
      fc.pre(s.some((byte) => byte !== 0) && r.some((byte) => byte !== 0));
      const plain = new Uint8Array([...r, ...s]);
      const read = plainEcdsa(derOf(plain));
      assert.deepEqual(read, withLowS(plain));
      assert.equal(plainEcdsa(Uint8Array.of(...derOf(plain), 0)), undefined);
    }),
  );
  assert.equal(plainEcdsa(Uint8Array.of(0x30, 0)), undefined);
});

function derOf(plain: Uint8Array): Uint8Array {
  const parts = [plain.subarray(0, 32), plain.subarray(32)].flatMap((each) => {
    const from = each.findIndex((byte) => byte !== 0);
    const bytes = [...each.subarray(from)];
    if ((bytes[0] ?? 0) > 127) bytes.unshift(0);
    return [2, bytes.length, ...bytes];
  });
  return Uint8Array.of(0x30, parts.length, ...parts);
}
