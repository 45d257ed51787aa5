import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64 } from '@ioi/basis';
import type { EntryProof } from '@ioi/protocol';
import fc from 'fast-check';
import { entryProofIn, entryProofText, isTlogProof } from './entry-proof-text.ts';

const path = fc
  .array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 4 })
  .map((hashes) => hashes.map(encodeBase64));
const anyProof: fc.Arbitrary<EntryProof> = fc
  .record({
    seq: fc.nat(1e6),
    text: fc.string(),
    entryPath: path,
    genesisPath: path,
    changes: fc.array(path, { maxLength: 2 }),
  })
  .map(({ seq, text, entryPath, genesisPath, changes }) => ({
    domain_id: 'agentgres://domain/d',
    note: 'ioi.local/x\n1\nAAAA\n\n— name sig\n',
    genesis: { seq: '0', text: '{}', path: genesisPath },
    ...(changes.length === 0
      ? {}
      : { epochs: changes.map((each, at) => ({ seq: String(at + 1), text: '{}', path: each })) }),
    entry: { seq: String(seq), text, path: entryPath },
    commit: { seq: String(seq + 1), text, path: genesisPath },
    ...(changes.length > 1 ? { next: { seq: '9', text, path: entryPath } } : {}),
  }));

test('a proof survives being written as a tlog-proof', () => {
  fc.assert(
    fc.property(anyProof, (proof) => {
      const text = entryProofText(proof);
      assert.deepEqual(entryProofIn(text), proof);
      assert.ok(isTlogProof(Buffer.from(text)));
    }),
  );
});

test('a tlog-proof without what it proves, and what is none, are not taken', () => {
  const [proof] = fc.sample(anyProof, 1);
  const text = entryProofText(proof as EntryProof);
  assert.equal(entryProofIn(text.replace(/^extra .*\n/m, '')), undefined);
  assert.equal(entryProofIn(text.replace(/^extra .*$/m, 'extra e30=')), undefined);
  assert.equal(entryProofIn('{}'), undefined);
  assert.equal(isTlogProof(Buffer.from('{"entries":1}')), false);
});
