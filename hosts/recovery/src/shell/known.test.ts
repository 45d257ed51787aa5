import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { canonicalBytes } from '@ioi/canon';
import { formatCheckpoint, formatNote } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signHybrid, signNote } from '@ioi/crypto/shell';
import { HeadMap, type NodeHead } from '@ioi/law';
import { checkContents, knownSizeOf } from './known.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-known-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const guardian = generateHybridKey();
const stranger = generateHybridKey();
const node = { guardian_key: guardian.publicKey, origin: 'ioi.local/0f' } as NodeHead;

test('contents that another key signed, or that were changed, are not restored', () => {
  const parts = [{ path: 'log.ioi', bytes: 1, sha256: 'a'.repeat(64) }];
  const contents = { format: 'ioi-backup/1', did: 'did:ioi:x', made_at: 'now', parts };
  const message = canonicalBytes(contents);
  assert.ok(message.ok);
  const tried = (by: HybridKey, changed: object = {}): string => {
    const path = join(folder, 'contents.json');
    const signature = signHybrid(by, 'SIG_DOMAIN_MANIFEST', message.value);
    writeFileSync(path, JSON.stringify({ contents: { ...contents, ...changed }, signature }));
    try {
      checkContents(path, node);
      return 'held';
    } catch (fault) {
      return (fault as { code: string }).code;
    }
  };
  assert.equal(tried(guardian), 'held');
  assert.equal(tried(stranger), 'backup.not_signed');
  assert.equal(tried(guardian, { made_at: 'later' }), 'backup.not_signed');
  const more = [...parts, { path: 'home/node.json', bytes: 1, sha256: 'b'.repeat(64) }];
  assert.equal(tried(guardian, { parts: more }), 'backup.not_signed');
});

test('what is known to be lost comes from a checkpoint of this log only', () => {
  const folded = { note: '', size: 10, node, heads: new HeadMap() };
  const noteOf = (size: number, by: HybridKey, origin = node.origin): string => {
    const text = formatCheckpoint({ origin, size, root: Buffer.alloc(32).toString('base64') });
    return formatNote({ text, signatures: [signNote(by, origin, text)] });
  };
  assert.equal(knownSizeOf({}, folded), undefined);
  assert.equal(knownSizeOf({ known_size: '10' }, folded), undefined);
  assert.equal(knownSizeOf({ known_size: '12' }, folded), '12');
  assert.equal(knownSizeOf({ remembered: noteOf(15, guardian), known_size: '12' }, folded), '15');
  assert.equal(knownSizeOf({ remembered: noteOf(8, guardian) }, folded), undefined);
  const refused = { code: 'restore.other_checkpoint' };
  assert.throws(() => knownSizeOf({ remembered: noteOf(15, stranger) }, folded), refused);
  assert.throws(() => knownSizeOf({ remembered: 'no note' }, folded), refused);
  const elsewhere = noteOf(15, guardian, 'ioi.local/ff');
  assert.throws(() => knownSizeOf({ remembered: elsewhere }, folded), refused);
});
