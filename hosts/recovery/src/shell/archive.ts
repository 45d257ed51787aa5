import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchivePart, OpenedArchive, RecoveryJob, SealedArchive } from '@ioi/protocol';
import { partsIn, spanOf, totalOf } from '../core/archive-parts.ts';
import { type ArchiveAbout, FRAME_BYTES, type SealedKind } from '../core/sealed-file.ts';
import { chunksOf } from './chunks.ts';
import { FrameWriter } from './frame-writer.ts';
import { Frames, jsonIn } from './frames.ts';
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

/**
 * The export of a domain, and what goes along, sealed to one owner: a frame at a time, whatever
 * their length.
 */
export function sealArchive(
  { plain, recipient, archive_id, to, parts }: Sealing,
  tell: Tell,
): SealedArchive {
  const bytes = statSync(plain).size;
  const list = parts?.map(({ sha256, bytes }) => ({ sha256, bytes }));
  const text = list && Buffer.from(JSON.stringify(list));
  const along = list && { parts_bytes: totalOf(list), list_bytes: text?.length ?? 0 };
  const about: ArchiveAbout = { archive_id, bytes, ...along };
  const writer = new FrameWriter(to, recipient, { ...ARCHIVE, about });
  try {
    let done = 0;
    const of = bytes + (along?.parts_bytes ?? 0);
    const take = (chunk: Uint8Array): void => {
      writer.write(chunk);
      done += chunk.length;
      tell(done, of);
    };
    for (const chunk of chunksOf(plain)) take(chunk);
    for (const part of parts ?? []) sealPart(part, take);
    if (text) writer.write(text);
    return writer.finish();
  } finally {
    writer.close();
  }
}

/** What was put there under a digest is that, or nothing is sealed. */
function sealPart(
  { path, sha256, bytes }: ArchivePart & { readonly path: string },
  take: (chunk: Uint8Array) => void,
): void {
  const hash = createHash('sha256');
  let taken = 0;
  for (const chunk of chunksOf(path)) {
    taken += chunk.length;
    if (taken > bytes) break;
    hash.update(chunk);
    take(chunk);
  }
  if (taken === bytes && hash.digest('hex') === sha256) return;
  throw new Refused('archive.artifact_changed', `${path} is not the content that it is named for`);
}

/** What was sealed, into new files; of a file that is not whole nothing may be used. */
export async function openArchive(job: Opening, tell: Tell): Promise<OpenedArchive> {
  const { key, identity } = await openOwner(job.owner);
  const frames = new Frames(job.archive, key, ARCHIVE);
  try {
    const { archive_id: archiveId, ...header } = frames.header;
    if (archiveId !== job.archive_id) {
      throw new Refused('archive.other_archive', `the file is ${archiveId}`);
    }
    const span = spanOf(header);
    if (span === undefined || frames.held(span.end) !== 'all') {
      throw new Refused('archive.damaged', 'the archive is cut off, or there are bytes after it');
    }
    const parts = span.list && partsIn(jsonIn(frames.read(span.list.from, span.end)), span.list);
    if (span.list && parts === undefined) {
      throw new Refused('archive.damaged', 'the list of what goes along is damaged');
    }
    const opening = { frames, of: span.end, tell };
    writeOpened(opening, { from: 0, to: span.log, into: job.into });
    let from = span.log;
    for (const part of parts ?? []) {
      const { parts_into: folder } = job;
      const into = folder === undefined ? undefined : join(folder, part.sha256);
      const sha256 = writeOpened(opening, { from, to: from + part.bytes, into });
      if (sha256 !== part.sha256) {
        const message = `what goes along as ${part.sha256} is something else`;
        throw new Refused('archive.artifact_changed', message);
      }
      from += part.bytes;
    }
    const along = parts === undefined ? {} : { parts };
    return { bytes: span.log, did: identity.did, ...along };
  } finally {
    frames.close();
  }
}

type Reading = { readonly frames: Frames; readonly of: number; readonly tell: Tell };

/** What is sealed at a place, into a new file where one is named; its SHA-256 in hex. */
function writeOpened(
  { frames, of, tell }: Reading,
  {
    from,
    to,
    into,
  }: { readonly from: number; readonly to: number; readonly into?: string | undefined },
): string {
  const hash = createHash('sha256');
  const file = into === undefined ? undefined : openSync(into, 'wx', 0o600);
  try {
    for (let at = from; at < to; ) {
      // As the frames lie, so that each is opened once.
      const end = Math.min(to, (Math.floor(at / FRAME_BYTES) + 1) * FRAME_BYTES);
      const piece = frames.read(at, end);
      if (!piece) throw new Refused('archive.damaged', `the archive is damaged near byte ${at}`);
      hash.update(piece);
      if (file !== undefined) {
        for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done);
      }
      at = end;
      tell(at, of);
    }
    if (file !== undefined) fsyncSync(file);
    return hash.digest('hex');
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
