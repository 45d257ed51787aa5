import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { sessionBytes } from '@ioi/law';
import { IssuerBook } from './issuer-book.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-issuers-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const owner = generateHybridKey();
const guardian = generateHybridKey();
const issuer = {
  issuer_id: owner.keyId,
  node_id: `node://local/${'0'.repeat(32)}`,
  owner_key: owner.publicKey,
  guardian_key: guardian.publicKey,
};

function word(asOf: number, revoked: readonly string[] = []): object {
  const said = {
    issuer_id: issuer.issuer_id,
    node_id: issuer.node_id,
    sequence: String(revoked.length),
    revocation_epoch: '0',
    revoked,
    as_of: String(asOf),
  };
  const bytes = sessionBytes(said);
  assert.ok(bytes.ok);
  return { ...said, signature: signHybrid(guardian, 'SIG_DOMAIN_SESSION', bytes.value) };
}

function openBook(): IssuerBook {
  return new IssuerBook({ folder, registry: verifierRegistry(), chainTime: () => 2_000n });
}

test('pinning an issuer anew does not bring back what was revoked', async () => {
  const book = openBook();
  await book.pin(issuer);
  assert.ok((await book.learn(word(1_000, [`sha256:${'1'.repeat(64)}`]))).ok);
  await book.pin({ ...issuer, max_staleness_ms: 60_000 });
  const older = await book.learn(word(900));
  assert.equal(older.ok ? 'taken' : older.error.code, 'revocations.older');
});

test('who is distrusted while a word of it comes is not trusted after a restart', async () => {
  const book = openBook();
  await book.pin(issuer);
  const words = Array.from({ length: 8 }, (_, at) => book.learn(word(1_100 + at)));
  const forgotten = book.forget(issuer.issuer_id);
  await Promise.allSettled([...words, forgotten]);
  assert.equal(openBook().all().length, 0);
});
