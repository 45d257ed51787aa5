import { generateHybridKey } from '@ioi/crypto/shell';
import { PASSPHRASE, VaultBed } from './vault-bed.ts';

// `vault-writer.ts FOLDER FROM`: puts, rotates and wraps again without end, and says after each
// change which one it was, so that whoever kills it knows what must be there. The seal key is the
// same in every life.

const seed = new Uint8Array(32).fill(7);
export const WRITER_KEY = generateHybridKey({ ed25519: seed, mlDsa44: seed });
export const secretOf = (count: number): string => `planted-secret-${count}`;

async function write(folder: string, from: number): Promise<void> {
  const { desk, unlocking } = await new VaultBed(folder, undefined, WRITER_KEY).open();
  const about = { name: 'mail', kind: 'bearer', server: 'mail', origin: 'https://mail.example' };
  for (let count = from; ; count += 1) {
    const keep_ms = count % 2 === 0 ? '0' : '1000000';
    const put = await desk.put({ ...about, keep_ms, secret: secretOf(count) }, PASSPHRASE);
    if (!put.ok) throw new Error(put.error.code);
    process.stdout.write(`${count}\n`);
    const done = await unlocking.rekey(PASSPHRASE);
    if (!done.ok) throw new Error(done.error.code);
  }
}

const [folder, from] = process.argv.slice(2);
if (import.meta.main && folder !== undefined) await write(folder, Number(from));
