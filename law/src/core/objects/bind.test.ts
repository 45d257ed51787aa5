import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isArtifactEnvelope, isCrossDomainRefEnvelope } from '@ioi/protocol';
import { TestDomain } from '../../testing/index.ts';
import { keys } from './heads.ts';

const DIGEST = `sha256:${'4e'.repeat(32)}`;

const reference = {
  ref_id: 'ref_1',
  source_domain: 'agentgres://domain/market',
  target_domain: 'agentgres://domain/ledger',
  object_class: 'Account',
  object_ref: 'agentgres://domain/ledger/Account/a1',
  state_root_ref: DIGEST,
  created_at: '1000000',
};

const artifact = {
  artifact_id: 'artifact_1',
  cid: `bafy${'a2'.repeat(24)}`,
  sha256: DIGEST,
  size_bytes: 5,
  media_type: 'text/plain',
  privacy_class: 'encrypted',
  encryption: { mode: 'envelope', key_ref: 'key://k' },
  provenance: { run_id: 'run_1' },
};

test('an object of another domain is bound once, by roots, and not from the future', () => {
  const domain = new TestDomain();
  const bind = (change: object) => domain.verdict('reference.bind', { ...reference, ...change });
  assert.equal(bind({ created_at: '1000001' }), 'reference.not_yet');
  assert.equal(bind({ target_domain: reference.source_domain }), 'reference.same_domain');
  assert.equal(bind({}), 'admitted');
  assert.equal(bind({}), 'reference.exists');
  assert.deepEqual(domain.head(keys.reference('ref_1')), reference);
  assert.equal(isCrossDomainRefEnvelope({ ...reference, value: { balance: '5' } }), false);
});

test('an artifact is attached once, and is encrypted when it says so', () => {
  const domain = new TestDomain();
  const attach = (change: object) => domain.verdict('artifact.attach', { ...artifact, ...change });
  assert.equal(attach({ encryption: { mode: 'none' } }), 'artifact.not_encrypted');
  assert.equal(attach({}), 'admitted');
  assert.equal(attach({}), 'artifact.exists');
  assert.deepEqual(domain.head(keys.artifact('artifact_1')), artifact);
  assert.equal(isArtifactEnvelope({ ...artifact, bytes: 'AAAA' }), false);
});
