import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { coseReceipts, keyIds, publicKeyPems } from '@ioi/law';
import { verifyVouched } from '@ioi/verifier';
import { shownSample, vouchedSample } from './vouched-sample.ts';

const READER = join(import.meta.dirname, 'cose_receipts.py');

const vouched = await vouchedSample();
const verified = verifyVouched(vouched);
assert.ok(verified.ok);
const receipts = coseReceipts(vouched, verified.value.signings, verified.value.size);
const pems = publicKeyPems(vouched.guardian_key);

/** As RFC 9053 and the registry of IANA number them. */
const KEYS: ReadonlyMap<number, KeyObject> = new Map([
  [-8, createPublicKey(pems.ed25519)],
  [-48, createPublicKey(pems.mlDsa44)],
]);

type Judged =
  | { readonly refused: string }
  | {
      readonly algorithm: number;
      readonly key: string;
      readonly issuer: string;
      readonly subject: string;
      readonly signed: string;
      readonly signature: string;
    };

/** By a reader in another language, which has the entry and the receipts alone. */
function judge(given: readonly Uint8Array[], entry = vouched.proof.entry.text): Judged[] {
  const input = JSON.stringify({
    entry: Buffer.from(entry).toString('base64'),
    receipts: given.map((each) => Buffer.from(each).toString('hex')),
  });
  const said = execFileSync('python3', [READER], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Judged);
}

function holds(judged: Judged | undefined): boolean {
  if (!judged || 'refused' in judged) return false;
  const key = KEYS.get(judged.algorithm);
  const [signed, signature] = [judged.signed, judged.signature].map((hex) =>
    Buffer.from(hex, 'hex'),
  );
  return Boolean(key && signed && signature && verify(null, signed, key, signature));
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
}

test('a reader of COSE receipts in another language gets to what each key signed', () => {
  const [ed25519, mlDsa44] = judge([receipts.ed25519, receipts.mlDsa44]);
  assert.ok(ed25519 && mlDsa44 && !('refused' in ed25519) && !('refused' in mlDsa44));
  assert.deepEqual([ed25519.algorithm, mlDsa44.algorithm], [-8, -48]);
  const ids = keyIds(vouched.guardian_key);
  assert.deepEqual([ed25519.key, mlDsa44.key], [ids.ed25519, ids.mlDsa44]);
  assert.equal(ed25519.subject, vouched.receipt_id);
  assert.equal(ed25519.issuer, JSON.parse(vouched.statement).predicate.checkpoint.origin);
  assert.deepEqual([holds(ed25519), holds(mlDsa44)], [true, true]);
});

test('a receipt with any byte changed, or of another entry, holds for nothing else', () => {
  const { ed25519, mlDsa44 } = receipts;
  const changed = [...ed25519.keys()].map((at) => flipped(ed25519, at));
  // Of the long signature every twentieth byte.
  const places = [...mlDsa44.keys()].filter((at) => at < 700 || at % 20 === 0);
  const all = [...changed, ...places.map((at) => flipped(mlDsa44, at))];
  const longer = [...ed25519, 0];
  const signed = judge([ed25519, mlDsa44]).map((each) => 'signed' in each && each.signed);
  const held = judge([...all, new Uint8Array(longer), ed25519.slice(0, -1)]).filter(holds);
  // RFC 9942 leaves the size of the tree unsigned: some sizes have the same path to the same root.
  assert.ok(held.every((each) => 'signed' in each && signed.includes(each.signed)));
  assert.ok(held.length <= 2 * 3, `${held.length}`);
  const [strange] = judge([ed25519], `${vouched.proof.entry.text} `);
  assert.equal(holds(strange), false);
});

test('the place of another leaf of the same tree makes no receipt of that leaf', () => {
  const { commit } = vouched.proof;
  const moved = { ...vouched, proof: { ...vouched.proof, entry: commit } };
  const swapped = coseReceipts(moved, verified.value.signings, verified.value.size);
  const given = [swapped.ed25519, swapped.mlDsa44];
  for (const judged of judge(given, commit.text)) {
    assert.deepEqual(judged, { refused: 'the receipt is of another leaf' });
  }
  assert.deepEqual(judge(given).map(holds), [false, false]);
});

test('the guardian signs nothing of a note by half of its key, or above its seal', async () => {
  const { voucher, log, shown, receiptId } = await shownSample();
  const lines = shown.note.split('\n');
  const signed = lines.flatMap((line, at) => (line.startsWith('\u2014 ') ? [at] : []));
  assert.equal(signed.length, 2);
  for (const cut of signed) {
    const note = lines.filter((_, at) => at !== cut).join('\n');
    const refused = await voucher.vouch(log, { shown: { ...shown, note }, receiptId });
    assert.equal(refused.ok ? 'ok' : refused.error.code, 'seal.bad_note');
  }
  const { seal: _, ...unsealed } = log;
  const below = { ...log, seal: { ...log.seal, size: String(Number(log.seal.size) - 1) } };
  for (const behind of [unsealed, below]) {
    const refused = await voucher.vouch(behind, { shown, receiptId });
    assert.equal(refused.ok ? 'ok' : refused.error.code, 'seal.differs');
  }
});
