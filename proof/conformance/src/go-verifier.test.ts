import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildGoVerifier, type GoVerifier } from './go-verifier.ts';
import { type SignedSample, signedSample } from './signed-sample.ts';

const scratch = mkdtempSync(join(tmpdir(), 'go-verifier-'));
after(() => rmSync(scratch, { recursive: true }));
const built = buildGoVerifier(scratch);
const missing = built.ok ? false : built.error.message;
const verify: GoVerifier = built.ok ? built.value : () => [];
const sample = await signedSample(70);

function flipped(base64: string, at: number): string {
  const bytes = Buffer.from(base64, 'base64');
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64');
}

function flippedProof(proof: readonly string[], at: number): string[] {
  const index = at % proof.length;
  return proof.map((hash, each) => (each === index ? flipped(hash, at) : hash));
}

/** The second verdict: that of the only claim. */
function verdictOf(claim: Partial<SignedSample>): string | undefined {
  return verify({ ...sample, inclusion: [], consistent: [], ...claim })[1];
}

test('another implementation, in another language, accepts what we signed and proved', {
  skip: missing,
}, () => {
  const verdicts = verify(sample);
  equal(verdicts.length, 1 + 70 + 70);
  deepEqual([...new Set(verdicts)], ['holds']);
});

test('it refuses our proofs with any of their parts changed', { skip: missing }, () => {
  sample.inclusion.slice(0, 12).forEach((one, at) => {
    for (const changed of [
      { ...one, index: one.index + 1 },
      { ...one, entry: flipped(one.entry, at) },
      { ...one, proof: flippedProof(one.proof, 5 * at) },
      { ...one, proof: one.proof.slice(1) },
      { ...one, proof: [...one.proof, ...one.proof.slice(0, 1)] },
    ]) {
      match(verdictOf({ inclusion: [changed] }) ?? '', /^refused/);
    }
  });
  sample.consistent.slice(0, 12).forEach((one, at) => {
    for (const changed of [
      { ...one, size: one.size + 1 },
      { ...one, root: flipped(one.root, at) },
      { ...one, proof: flippedProof(one.proof, 5 * at) },
      { ...one, proof: one.proof.slice(1) },
    ]) {
      match(verdictOf({ consistent: [changed] }) ?? '', /^refused/);
    }
  });
});

test('it refuses our checkpoint with a byte of text, key or signature changed', {
  skip: missing,
}, () => {
  const { note } = sample;
  const lines = note.split('\n');
  const signatureOf = (line: number): string => lines[line]?.split(' ').at(-1) ?? '';
  const resigned = (line: number): string =>
    note.replace(signatureOf(line), flipped(signatureOf(line), 20));
  const [log, witness] = [4, 6];
  for (const changed of [
    note.replace('\n70\n', '\n71\n'),
    note.replace('log.example/sample', 'log.example/simple'),
    resigned(log),
    resigned(witness),
  ]) {
    match(verify({ ...sample, note: changed })[0] ?? '', /^refused/);
  }
  // The ML-DSA-44 line is of a kind it does not know, and says nothing to it.
  equal(verify({ ...sample, note: resigned(5) })[0], 'holds');
  match(verify({ ...sample, logKey: sample.witnessKey })[0] ?? '', /^refused/);
});
