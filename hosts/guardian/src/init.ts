import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateHybridKey, sealKeyFile } from '@ioi/crypto/shell';
import type { GuardianConfig } from '@ioi/guardian';
import { createSealKey } from '@ioi/guardian/shell';

/**
 * Fills an empty folder with what a guardian needs: `init.ts FOLDER [--demo]`, the owner's
 * passphrase on standard input. Keys are made here, by the guardian's own code, so that whoever
 * asks for them never holds them. Refuses to replace a file that is there.
 */
async function initGuardian(folder: string, demo: boolean): Promise<void> {
  const passphrase = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  if (folder === '' || passphrase === '')
    throw new Error('init.ts needs a folder and a passphrase');
  const config: GuardianConfig = { demo, epoch: '0' };
  write(join(folder, 'guardian.json'), `${JSON.stringify(config)}\n`);
  createSealKey(join(folder, 'seal.key'));
  write(join(folder, 'owner.key'), await sealKeyFile(generateHybridKey(), passphrase));
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
}

await initGuardian(process.argv[2] ?? '', process.argv[3] === '--demo');
