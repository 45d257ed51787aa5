import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyId, verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import type { PreApproval } from '@ioi/protocol';
import {
  actHash,
  checkPreApproval,
  type JobPlace,
  preApprovalMessage,
  wholeAct,
} from './pre-approval.ts';

const key = generateHybridKey();
const COMMIT = 'ab'.repeat(20);
const NOW = 1_800_000_000_000n;
const place: JobPlace = {
  commit: COMMIT,
  refs: ['refs/heads/main', 'main'],
  approvers: [keyId(key.publicKey)],
  now: NOW,
};

function signed(changed: Partial<PreApproval['pre_approval']> = {}, by = key): PreApproval {
  const acts = [{ target: 'fs::write', act_hash: `sha256:${'1'.repeat(64)}` }];
  const times = { issued: String(NOW), until: String(NOW + 1000n) };
  const said = {
    key_id: keyId(by.publicKey),
    nonce: '1',
    commit: COMMIT,
    acts,
    ...times,
    ...changed,
  };
  const signature = signHybrid(by, 'SIG_DOMAIN_APPROVAL', preApprovalMessage(said));
  return { pre_approval: said, public_key: by.publicKey, signature };
}

function check(value: unknown, changed: Partial<JobPlace> = {}): string {
  const checked = checkPreApproval(value, { ...place, ...changed }, verifierRegistry());
  return checked.ok ? 'holds' : checked.error.code;
}

test('a pre-approval holds on its commit, by a known key, in its time, and nowhere else', () => {
  assert.equal(check(signed()), 'holds');
  assert.equal(check(signed(), { commit: 'cd'.repeat(20) }), 'pre_approval.other_commit');
  assert.equal(check(signed(), { commit: undefined }), 'pre_approval.no_commit');
  assert.equal(check(signed(), { now: NOW + 1000n }), 'pre_approval.expired');
  assert.equal(check(signed(), { now: NOW - 3_600_001n }), 'pre_approval.issued_ahead');
  assert.equal(check(signed(), { approvers: [] }), 'pre_approval.unknown_key');
  assert.equal(check(signed({}, generateHybridKey())), 'pre_approval.unknown_key');
  assert.equal(check(signed({ ref: 'main' })), 'holds');
  assert.equal(check(signed({ ref: 'other' })), 'pre_approval.other_ref');
  assert.equal(check(signed({ ref: 'main' }), { refs: [] }), 'pre_approval.other_ref');
  assert.equal(check({}), 'pre_approval.invalid');
});

test('a pre-approval that was edited is not what was signed', () => {
  const good = signed();
  const { pre_approval: said, signature } = good;
  for (const changed of [
    { commit: 'cd'.repeat(20) },
    { until: String(NOW + 9_000_000n) },
    { nonce: '2' },
    { acts: [{ target: 'fs::write', act_hash: `sha256:${'2'.repeat(64)}` }] },
  ]) {
    const edited = { ...good, pre_approval: { ...said, ...changed } };
    assert.equal(check(edited), 'pre_approval.bad_signature');
  }
  const half = { ...good, signature: { ...signature, ml_dsa_44: signature.ed25519 } };
  assert.equal(check(half), 'pre_approval.bad_signature');
});

test('an act is the same with its contents, whatever salt a node gave them', () => {
  const [one, two] = ['3', '4'].map((digit) => `sha256:${digit.repeat(64)}`);
  assert.ok(one !== undefined && two !== undefined);
  const referring = (digest: string) => ({
    target: 'fs::write',
    params: { path: '/w/a', content: { $payload: digest, bytes: 5 } },
  });
  const first = wholeAct(referring(one), new Map([[one, 'hello']]));
  const second = wholeAct(referring(two), new Map([[two, 'hello']]));
  const other = wholeAct(referring(two), new Map([[two, 'hallo']]));
  assert.ok(first && second && other);
  assert.deepEqual(first.params, { path: '/w/a', content: 'hello' });
  assert.equal(actHash(first), actHash(second));
  assert.notEqual(actHash(first), actHash(other));
  assert.equal(wholeAct(referring(one), new Map()), undefined);
});
