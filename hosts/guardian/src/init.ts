import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entropyOf, phraseOf } from '@ioi/crypto/phrase';
import type { GuardianConfig } from '@ioi/guardian';
import { freshEntropy, keepPhrase, ownerOf, writeOwner } from '@ioi/guardian/owner';
import { createSealKey } from '@ioi/guardian/shell';
import type { GuardianMade, GuardianMaking } from '@ioi/protocol';

/**
 * Fills an empty folder with what a guardian needs: `init.ts FOLDER`, a GuardianMaking on standard
 * input, a GuardianMade on standard output. Keys are made here, by the guardian's own code; of them
 * only a new phrase is told, once. Refuses to replace a file that is there.
 */
async function initGuardian(folder: string, making: GuardianMaking): Promise<GuardianMade> {
  const { demo, passphrase, phrase, keep } = making;
  if (folder === '' || passphrase === '') {
    throw new Error('init.ts needs a folder and a passphrase');
  }
  const entropy = phrase === undefined ? freshEntropy() : entropyIn(phrase);
  const owner = ownerOf(entropy);
  const config: GuardianConfig = { demo, epoch: '0' };
  write(join(folder, 'guardian.json'), `${JSON.stringify(config)}\n`);
  createSealKey(join(folder, 'seal.key'));
  await writeOwner(folder, owner, passphrase);
  if (keep) keepPhrase(folder, owner.key, entropy);
  const { did } = owner.identity;
  return phrase === undefined ? { did, phrase: phraseOf(entropy) } : { did };
}

function entropyIn(phrase: string): Uint8Array {
  const read = entropyOf(phrase);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}

const making = JSON.parse(readFileSync(0, 'utf8')) as GuardianMaking;
const made = await initGuardian(process.argv[2] ?? '', making);
process.stdout.write(`${JSON.stringify(made)}\n`);
