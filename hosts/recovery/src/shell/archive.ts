import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import type { OpenedArchive, RecoveryJob, SealedArchive } from '@ioi/protocol';
import { FRAME_BYTES, type SealedKind } from '../core/sealed-file.ts';
import { chunksOf } from './chunks.ts';
import { FrameWriter } from './frame-writer.ts';
import { Frames } from './frames.ts';
import { openOwner } from './owner.ts';
import { Refused } from './refused.ts';

type Sealing = Extract<RecoveryJob, { kind: 'seal_archive' }>;
type Opening = Extract<RecoveryJob, { kind: 'open_archive' }>;
type Tell = (done: number, of: number) => void;

const ARCHIVE: SealedKind = {
  noun: 'archive',
  line: 'ioi-archive/1\n',
  purpose: 'ioi archive v1',
};

/** The export of a domain, sealed to one owner: a frame at a time, whatever its length. */
export function sealArchive(
  { plain, recipient, archive_id, to }: Sealing,
  tell: Tell,
): SealedArchive {
  const bytes = statSync(plain).size;
  const writer = new FrameWriter(to, recipient, { ...ARCHIVE, about: { archive_id, bytes } });
  try {
    let done = 0;
    for (const chunk of chunksOf(plain)) {
      writer.write(chunk);
      done += chunk.length;
      tell(done, bytes);
    }
    return writer.finish();
  } finally {
    writer.close();
  }
}

/** What was sealed, into a new file; of a file that is not whole nothing may be used. */
export async function openArchive(job: Opening, tell: Tell): Promise<OpenedArchive> {
  const { key, identity } = await openOwner(job.owner);
  const frames = new Frames(job.archive, key, ARCHIVE);
  try {
    const { archive_id: archiveId, bytes } = frames.header;
    if (archiveId !== job.archive_id) {
      throw new Refused('archive.other_archive', `the file is ${archiveId}`);
    }
    if (!Number.isSafeInteger(bytes) || bytes === undefined || frames.held(bytes) !== 'all') {
      throw new Refused('archive.damaged', 'the archive is cut off, or there are bytes after it');
    }
    writeOpened(frames, { bytes, into: job.into }, tell);
    return { bytes, did: identity.did };
  } finally {
    frames.close();
  }
}

function writeOpened(
  frames: Frames,
  { bytes, into }: { readonly bytes: number; readonly into: string },
  tell: Tell,
): void {
  const file = openSync(into, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes; at += FRAME_BYTES) {
      const frame = frames.read(at, Math.min(bytes, at + FRAME_BYTES));
      if (!frame) throw new Refused('archive.damaged', `the archive is damaged near byte ${at}`);
      for (let done = 0; done < frame.length; ) done += writeSync(file, frame, done);
      tell(at + frame.length, bytes);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
