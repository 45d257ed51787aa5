import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import { signHybrid } from '@ioi/crypto/shell';
import { readSealKey, SealStore } from '@ioi/guardian/shell';
import { holdIdentity, keys, type NodeHead } from '@ioi/law';
import type { OwnerIdentity, RecoveryJob, SealedBackup } from '@ioi/protocol';
import {
  BACKUP,
  type BackupContents,
  type BackupPart,
  contentsIn,
  isPart,
  LENGTH_BYTES,
  LOG_PART,
} from '../core/backup-file.ts';
import { awayIn } from './away.ts';
import { chunksOf } from './chunks.ts';
import { FrameWriter } from './frame-writer.ts';
import { Refused } from './refused.ts';
import { snapshot } from './snapshot.ts';

type Sealing = Extract<RecoveryJob, { kind: 'backup' }>;
type Tell = (done: number, of: number) => void;

/**
 * One file of everything a running node keeps, sealed to its owner, so that no secret of the owner
 * is needed here. In `staging` lie the export and what of the home goes along already.
 */
export async function sealBackup(job: Sealing, tell: Tell): Promise<SealedBackup> {
  const copies = await snapshot(job, job.staging);
  const away = awayIn(job.staging, copies);
  const identity = ownerHere(job);
  const parts = [LOG_PART, ...job.along, ...copies].map((path) => partAt(job.staging, path));
  const contents: BackupContents = {
    format: 'ioi-backup/1',
    did: identity.did,
    made_at: new Date().toISOString(),
    parts,
    ...(away && { away: { place: away.place, count: away.count, bytes: away.bytes } }),
  };
  const signature = signHybrid(
    readSealKey(join(job.guardian, 'seal.key')),
    'SIG_DOMAIN_MANIFEST',
    bytesOf(contents),
  );
  const writer = new FrameWriter(job.to, identity, BACKUP);
  try {
    if (contentsIn({ contents, signature }) === undefined) throw unnamed(parts);
    const listed = bytesOf({ contents, signature });
    const length = new Uint8Array(LENGTH_BYTES);
    new DataView(length.buffer).setUint32(0, listed.length);
    writer.write(length);
    writer.write(listed);
    const whole = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const { path } of parts) {
      for (const chunk of chunksOf(join(job.staging, path))) {
        writer.write(chunk);
        done += chunk.length;
        tell(done, whole);
      }
    }
    return { ...writer.finish(), parts: parts.length, did: identity.did, ...(away && { away }) };
  } finally {
    writer.close();
  }
}

/** Whom to seal to: the identity that the owner of the sealed log signed, and nobody else's. */
function ownerHere({ guardian, staging }: Sealing): OwnerIdentity {
  const value: unknown = JSON.parse(readFileSync(join(guardian, 'identity.json'), 'utf8'));
  const held = holdIdentity(value, verifierRegistry());
  if (!held.ok) throw new Refused(held.error.code, held.error.message);
  const seals = SealStore.open(join(staging, 'guardian', 'guardian.db'));
  try {
    const owner = seals.get<NodeHead>(keys.node)?.owner_key;
    const isOwner =
      owner !== undefined && Buffer.compare(bytesOf(owner), bytesOf(held.value.owner_key)) === 0;
    if (isOwner) return held.value;
  } finally {
    seals.close();
  }
  throw new Refused('identity.other_key', 'identity.json is not that of the owner of this log');
}

function partAt(staging: string, path: string): BackupPart {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(join(staging, path))) hash.update(chunk);
  return { path, bytes: statSync(join(staging, path)).size, sha256: hash.digest('hex') };
}

/** What could not be opened again is not made. */
function unnamed(parts: readonly BackupPart[]): Refused {
  const names = parts.filter((part) => !isPart(part)).map(({ path }) => path);
  return new Refused('backup.name', `a backup cannot hold what has this name: ${names.join(', ')}`);
}

function bytesOf(value: object): Uint8Array {
  const bytes = canonicalBytes(value);
  if (!bytes.ok) throw new Error(bytes.error.message);
  return bytes.value;
}
