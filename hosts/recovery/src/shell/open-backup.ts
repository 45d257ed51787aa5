import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OpenedBackup, RecoveryJob } from '@ioi/protocol';
import {
  BACKUP,
  contentsIn,
  LENGTH_BYTES,
  MOST_CONTENTS_BYTES,
  partsBeyond,
  type SignedContents,
  type Span,
  spansOf,
} from '../core/backup-file.ts';
import { FRAME_BYTES } from '../core/sealed-file.ts';
import { makeFolder, writeDurably } from './files.ts';
import { Frames, jsonIn } from './frames.ts';
import { openOwner } from './owner.ts';
import { Refused } from './refused.ts';

type Opening = Extract<RecoveryJob, { kind: 'unseal' }>;
type Tell = (done: number, of: number) => void;

const CONTENTS_FILE = 'contents.json';

/**
 * Takes a backup apart into a folder, every part as it was listed. Refuses with `backup.damaged`
 * and the names of all parts that do not open; whoever asked throws the folder away then.
 */
export async function openBackup(job: Opening, tell: Tell): Promise<OpenedBackup> {
  const { key } = await openOwner(job.owner);
  const frames = new Frames(job.backup, key, BACKUP);
  try {
    const { listed, bytes } = contentsOf(frames);
    const spans = spansOf(listed.contents, bytes);
    const end = spans.at(-1)?.to ?? LENGTH_BYTES + bytes;
    const damaged = new Set(lacking(frames, end, spans));
    makeFolder(job.into);
    for (const span of spans) {
      if (!writePart(frames, span, job.into)) damaged.add(span.part.path);
      tell(span.to, end);
    }
    if (damaged.size > 0) throw damage([...damaged].join(', '));
    writeDurably(join(job.into, CONTENTS_FILE), JSON.stringify(listed));
    const { did, made_at: madeAt, parts, away } = listed.contents;
    return { did, madeAt, parts: parts.length, ...(away && { away }) };
  } finally {
    frames.close();
  }
}

/** What a file of another length than was sealed lacks, or has too much. */
function lacking(frames: Frames, sealed: number, spans: readonly Span[]): string[] {
  const held = frames.held(sealed);
  if (held === 'more') return ['bytes after its end'];
  return held === 'all' ? [] : partsBeyond(spans, held);
}

function contentsOf(frames: Frames): { listed: SignedContents; bytes: number } {
  const lengthBytes = frames.read(0, LENGTH_BYTES);
  const bytes = lengthBytes && new DataView(lengthBytes.buffer).getUint32(0);
  if (bytes === undefined || bytes > MOST_CONTENTS_BYTES) throw damage(LIST);
  const text = frames.read(LENGTH_BYTES, LENGTH_BYTES + bytes);
  const listed = contentsIn(jsonIn(text));
  if (listed === undefined) throw damage(LIST);
  return { listed, bytes };
}

const LIST = 'its header or the list of its contents';

/** False where a frame of it does not open, or it is not what was listed. */
function writePart(frames: Frames, { part, from, to }: Span, into: string): boolean {
  const path = join(into, part.path);
  makeFolder(dirname(path));
  const file = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  try {
    for (let at = from; at < to; ) {
      const end = Math.min(to, (Math.floor(at / FRAME_BYTES) + 1) * FRAME_BYTES);
      const bytes = frames.read(at, end);
      if (bytes === undefined) return false;
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      hash.update(bytes);
      at = end;
    }
    return hash.digest('hex') === part.sha256;
  } finally {
    closeSync(file);
  }
}

function damage(what: string): Refused {
  return new Refused('backup.damaged', `the backup is damaged: ${what}; nothing was restored`);
}
