import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { certificateFacts } from '../../core/timestamp/certificate.ts';
import { OTHER_POLICY, OWN_POLICY, TimeAuthority } from '../../testing/index.ts';
import {
  type TimestampDemand,
  timestampRequest,
  trustedCertificates,
  verifyTimestamp,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'timestamp-'));
after(() => rmSync(folder, { recursive: true }));
const authority = new TimeAuthority(join(folder, 'own'));
const trusted = trustedCertificates(readFileSync(authority.caFile, 'utf8'));
const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();
const digest = sha256('what is stamped');
const nonce = new Uint8Array(16).fill(0x91);
const request = timestampRequest({ digest, nonce });
const answer = authority.answer(request);
const demand: TimestampDemand = { digest, nonce, trusted };

function codeOf(response: Uint8Array, held: TimestampDemand = demand): string {
  const verified = verifyTimestamp(response, held);
  return verified.ok ? 'ok' : verified.error.code;
}

test('what OpenSSL stamps is believed, and says when and by whom', () => {
  const verified = verifyTimestamp(answer, { ...demand, policy: OWN_POLICY });
  assert.ok(verified.ok, JSON.stringify(verified));
  assert.match(verified.value.time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(verified.value.authority, 'CN=Test stamps');
  const other = timestampRequest({ digest, nonce, policy: OTHER_POLICY });
  assert.equal(codeOf(authority.answer(other), { ...demand, policy: OTHER_POLICY }), 'ok');
  const rsa = new TimeAuthority(join(folder, 'rsa'), 'rsa');
  const own = trustedCertificates(readFileSync(rsa.caFile, 'utf8'));
  const pinned = trustedCertificates(readFileSync(rsa.at('tsa.pem'), 'utf8'));
  for (const by of [own, pinned]) {
    assert.equal(codeOf(rsa.answer(request), { ...demand, trusted: by }), 'ok');
  }
});

test('OpenSSL believes what was asked for here', () => {
  writeFileSync(authority.at('data'), 'what is stamped');
  writeFileSync(authority.at('kept.tsr'), answer);
  assert.equal(authority.verifies('data', 'kept.tsr'), true);
  writeFileSync(authority.at('data'), 'what is not');
  assert.equal(authority.verifies('data', 'kept.tsr'), false);
});

test('another imprint, nonce, policy or authority is refused by name', () => {
  assert.equal(codeOf(answer, { ...demand, digest: sha256('another') }), 'timestamp.other_imprint');
  const older = { ...demand, nonce: new Uint8Array(16).fill(0x11) };
  assert.equal(codeOf(answer, older), 'timestamp.wrong_nonce');
  assert.equal(codeOf(answer, { ...demand, policy: OTHER_POLICY }), 'timestamp.other_policy');
  const foreign = new TimeAuthority(join(folder, 'foreign'));
  assert.equal(codeOf(foreign.answer(request)), 'timestamp.foreign_certificate');
  assert.equal(codeOf(answer, { ...demand, trusted: [] }), 'timestamp.foreign_certificate');
});

test('a certificate that is over, or for something else, stamps nothing', () => {
  authority.issue('over.pem', { days: -1, section: 'stamping' });
  const over = authority.answer(request, 'over.pem');
  assert.equal(codeOf(over), 'timestamp.expired_certificate');
  authority.issue('serving.pem', { days: 10, section: 'serving' });
  for (const [name, isFor] of [
    ['tsa.pem', true],
    ['serving.pem', false],
    ['ca.pem', false],
  ] as const) {
    const { raw } = new X509Certificate(readFileSync(authority.at(name)));
    assert.equal(certificateFacts(raw)?.isForTimestamps, isFor, name);
  }
});

test('a refusal, trailing bytes and any changed byte are no stamp', () => {
  // PKIStatusInfo with status 2, rejection, and no token.
  const rejection = new Uint8Array([0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]);
  assert.equal(codeOf(rejection), 'timestamp.refused');
  for (const cut of [new Uint8Array(), answer.slice(0, -1), new Uint8Array([...answer, 0])]) {
    assert.equal(codeOf(cut), 'timestamp.malformed');
  }
  const taken: string[] = [];
  for (let at = 0; at < answer.length; at += 1) {
    const changed = answer.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
    const verified = verifyTimestamp(changed, demand);
    if (verified.ok) taken.push(`${at}: ${verified.value.time} ${verified.value.authority}`);
  }
  // A few bytes nobody signs, such as version numbers, change nothing of what is said.
  const said = verifyTimestamp(answer, demand);
  assert.ok(said.ok);
  const same = `${said.value.time} ${said.value.authority}`;
  assert.ok(
    taken.every((each) => each.endsWith(same)),
    taken.join('; '),
  );
  assert.ok(taken.length <= 24, taken.join('; '));
});
