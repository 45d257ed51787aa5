import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entropyOf, phraseOf } from '@ioi/crypto/phrase';
import { type HybridKey, openKeyFile } from '@ioi/crypto/shell';
import { forgetPhrase, identityOf, keptPhrase, ownerOf, writeIdentity } from '@ioi/guardian/owner';
import { didOf, type HybridPublicKey, type PhraseAnswer, type PhraseJob } from '@ioi/protocol';

/**
 * One job about the recovery phrase, and out: `phrase.ts FOLDER`, a PhraseJob on standard input, a
 * PhraseAnswer on standard output. Needs no running node, and changes nothing of its authority.
 */
async function answer(folder: string, job: PhraseJob): Promise<PhraseAnswer> {
  const keyFile = readFileSync(join(folder, 'owner.key'), 'utf8');
  const { public_key: owner } = JSON.parse(keyFile) as { public_key: HybridPublicKey };
  if (job.kind === 'check') return check(job.phrase, owner);
  if (job.kind === 'forget') return { kind: 'forgotten', was: forgetPhrase(folder) };
  const opened = await openKeyFile(keyFile, job.passphrase);
  if (!opened.ok)
    return { kind: 'refused', ...opened.error, code: `approver.${opened.error.code}` };
  if (job.kind === 'show') return show(folder, opened.value);
  const identity = identityOf(opened.value);
  writeIdentity(folder, identity);
  return { kind: 'identified', identity };
}

function check(phrase: string, owner: HybridPublicKey): PhraseAnswer {
  const entropy = entropyOf(phrase);
  if (!entropy.ok) return { kind: 'refused', ...entropy.error };
  const { did } = ownerOf(entropy.value).identity;
  return { kind: 'checked', did, isOwner: did === didOf(owner) };
}

function show(folder: string, key: HybridKey): PhraseAnswer {
  const entropy = keptPhrase(folder, key);
  if (entropy !== undefined) return { kind: 'phrase', phrase: phraseOf(entropy) };
  const message = 'the recovery phrase is not kept here; it was told once, when the node was made';
  return { kind: 'refused', code: 'phrase.not_kept', message };
}

const job = JSON.parse(readFileSync(0, 'utf8')) as PhraseJob;
process.stdout.write(`${JSON.stringify(await answer(process.argv[2] ?? '', job))}\n`);
