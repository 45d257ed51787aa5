import { readFileSync } from 'node:fs';
import { canonicalBytes } from '@ioi/canon';
import { noteKeysOf, parseCheckpoint, verifierRegistry, verifyNote } from '@ioi/crypto';
import type { NodeHead } from '@ioi/law';
import type { RecoveryJob } from '@ioi/protocol';
import { contentsIn } from '../core/backup-file.ts';
import type { Folded } from './fold-backup.ts';
import { Refused } from './refused.ts';

/**
 * Refuses contents that the guardian of this very log did not sign: whoever knows an owner's public
 * keys can seal them a file, with servers and policies of their own beside a true log.
 */
export function checkContents(path: string, { guardian_key: key }: NodeHead): void {
  const listed = contentsIn(JSON.parse(readFileSync(path, 'utf8')));
  const message = listed && canonicalBytes(listed.contents);
  if (listed && message?.ok) {
    const domain = 'SIG_DOMAIN_MANIFEST';
    if (verifierRegistry().verify(key, domain, message.value, listed.signature).ok) return;
  }
  const why = 'what is in the backup was not signed by the guardian that sealed its log';
  throw new Refused('backup.not_signed', why);
}

type Remembering = Pick<Extract<RecoveryJob, { kind: 'restore' }>, 'known_size' | 'remembered'>;

/** Entries that were sealed, where more are known of than the backup has. */
export function knownSizeOf(
  { known_size = '0', remembered }: Remembering,
  { size, node }: Folded,
): string | undefined {
  const kept = remembered === undefined ? 0 : rememberedSize(remembered, node);
  const known = Math.max(Number(known_size), kept);
  return known > size ? String(known) : undefined;
}

/** Of a checkpoint by the guardian that the backup ends with; one of an earlier epoch is in it. */
function rememberedSize(note: string, { guardian_key, origin }: NodeHead): number {
  const keys = noteKeysOf(guardian_key, origin);
  const held = keys.ok ? verifyNote(note, [keys.value.ed25519, keys.value.mlDsa44]) : keys;
  const checkpoint = held.ok ? parseCheckpoint(held.value.text) : held;
  if (checkpoint.ok && checkpoint.value.origin === origin) return checkpoint.value.size;
  const message = 'the remembered checkpoint was not signed by the guardian of this log';
  throw new Refused('restore.other_checkpoint', message);
}
