import assert from 'node:assert/strict';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digestOf } from '@ioi/canon';
import { TimeAuthority } from '@ioi/crypto/testing';
import { timestampRequest } from '@ioi/crypto/timestamp/shell';
import { keyIds, publicKeyPems, sigstoreBundle } from '@ioi/law';
import { verifyVouched } from '@ioi/verifier';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { vouchedSample } from './vouched-sample.ts';

const vouched = await vouchedSample();
const bundle = sigstoreBundle(vouched);
const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const trust = toTrustMaterial({ mediaType: '', ...none }, keyOf);
const loose = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
const verifier = new Verifier(trust, loose);

function keyOf(hint: string) {
  if (hint !== keyIds(vouched.guardian_key).ed25519) throw new Error('no such key');
  const publicKey = createPublicKey(publicKeyPems(vouched.guardian_key).ed25519);
  return { publicKey, validFor: () => true };
}

type Bundle = ReturnType<typeof bundleFromJSON>;

function isAccepted(given: Bundle, by = verifier): boolean {
  try {
    by.verify(toSignedEntity(given));
    return true;
  } catch {
    return false;
  }
}

function envelopeOf(given: Bundle) {
  assert.ok(given.content.$case === 'dsseEnvelope');
  return given.content.dsseEnvelope;
}

test('a verifier of Sigstore bundles accepts a receipt, and its subject is the receipt', () => {
  const given = bundleFromJSON(JSON.parse(bundle));
  assert.equal(given.mediaType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
  assert.equal(isAccepted(given), true);
  const statement = JSON.parse(envelopeOf(given).payload.toString());
  const digest = digestOf(statement.predicate.receipt);
  assert.ok(digest.ok);
  assert.equal(`sha256:${statement.subject[0].digest.sha256}`, digest.value);
  assert.equal(statement.subject[0].name, vouched.receipt_id);
  assert.equal(statement._type, 'https://in-toto.io/Statement/v1');
});

test('it refuses a bundle with any byte of its statement, type or signature changed', () => {
  for (const field of ['payload', 'payloadType', 'sig'] as const) {
    const given = bundleFromJSON(JSON.parse(bundle));
    const envelope = envelopeOf(given);
    const [signature] = envelope.signatures;
    assert.ok(signature);
    const bytes =
      field === 'payload'
        ? envelope.payload
        : field === 'sig'
          ? signature.sig
          : Buffer.from(envelope.payloadType);
    for (let at = 0; at < bytes.length; at += 1) {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 7));
      if (field === 'payloadType') envelope.payloadType = bytes.toString();
      assert.equal(isAccepted(given), false, `${field} ${at}`);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 7));
    }
  }
});

test('it demands a time stamp, and accepts the one that was kept with the bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sigstore-'));
  after(() => rmSync(folder, { recursive: true }));
  const authority = new TimeAuthority(join(folder, 'authority'));
  const certificates = ['tsa.pem', 'ca.pem'].map((name) => {
    return { rawBytes: new X509Certificate(readFileSync(authority.at(name))).raw };
  });
  const about = { subject: undefined, uri: '', validFor: undefined, operator: '' };
  const timestampAuthorities = [{ ...about, certChain: { certificates } }];
  const root = { mediaType: '', ...none, timestampAuthorities };
  const strict = new Verifier(toTrustMaterial(root, keyOf), { ...loose, timestampThreshold: 1 });
  const stampOf = (signature: string): Uint8Array => {
    const digest = createHash('sha256').update(Buffer.from(signature, 'base64')).digest();
    return authority.answer(timestampRequest({ digest, nonce: new Uint8Array([1]) }));
  };
  const stamped = sigstoreBundle(vouched, stampOf(vouched.dsse.ed25519));
  assert.equal(isAccepted(bundleFromJSON(JSON.parse(stamped)), strict), true);
  assert.equal(isAccepted(bundleFromJSON(JSON.parse(bundle)), strict), false);
  const other = sigstoreBundle(vouched, stampOf(vouched.cose.ed25519));
  assert.equal(isAccepted(bundleFromJSON(JSON.parse(other)), strict), false);
});

test('of the text of a bundle no byte can be changed so that it says something else', () => {
  const said = envelopeOf(bundleFromJSON(JSON.parse(bundle))).payload;
  const text = Buffer.from(bundle);
  for (let at = 0; at < text.length; at += 1) {
    const changed = Buffer.from(text);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const given = readBundle(changed.toString());
    // A byte that base64 and JSON pass over leaves the same statement behind.
    if (given && isAccepted(given)) assert.deepEqual(envelopeOf(given).payload, said, `${at}`);
  }
});

test('what is not signed so is not handed on', () => {
  assert.equal(verifyVouched(vouched).ok, true);
  const { dsse, cose, statement } = vouched;
  for (const changed of [
    { ...vouched, statement: statement.replace('"seq":"', '"seq":"1') },
    { ...vouched, dsse: { ...dsse, ml_dsa_44: cose.ml_dsa_44 } },
    { ...vouched, dsse: { ...dsse, ed25519: cose.ed25519 } },
    { ...vouched, cose: dsse },
    { ...vouched, guardian_key: { ...vouched.guardian_key, ed25519: `${'A'.repeat(43)}=` } },
  ]) {
    const verified = verifyVouched(changed);
    assert.equal(verified.ok ? 'ok' : verified.error.code, 'receipt.badly_vouched');
  }
});

function readBundle(text: string): Bundle | undefined {
  try {
    return bundleFromJSON(JSON.parse(text));
  } catch {
    return undefined;
  }
}
