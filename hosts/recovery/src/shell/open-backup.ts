import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeBase64, decodeUtf8 } from '@ioi/basis';
import { type FrameKey, openFrame } from '@ioi/crypto';
import { decapsulateWith, type HybridKey, kemKeyOf } from '@ioi/crypto/shell';
import { didOf, keyIdOfDid, type OpenedBackup, type RecoveryJob } from '@ioi/protocol';
import {
  BACKUP_LINE,
  type BackupHeader,
  contentsIn,
  FRAME_BYTES,
  LENGTH_BYTES,
  MOST_CONTENTS_BYTES,
  partsBeyond,
  SEALED_FRAME_BYTES,
  type SignedContents,
  type Span,
  spansOf,
} from '../core/backup-file.ts';
import { makeFolder, writeDurably } from './files.ts';
import { openOwner } from './owner.ts';
import { Refused } from './refused.ts';
import { KEM_PURPOSE } from './seal-backup.ts';

type Opening = Extract<RecoveryJob, { kind: 'unseal' }>;
type Tell = (done: number, of: number) => void;

const MOST_HEADER_BYTES = 8192;
const CONTENTS_FILE = 'contents.json';

/**
 * Takes a backup apart into a folder, every part as it was listed. Refuses with `backup.damaged`
 * and the names of all parts that do not open; whoever asked throws the folder away then.
 */
export async function openBackup(job: Opening, tell: Tell): Promise<OpenedBackup> {
  const { key } = await openOwner(job.owner);
  const frames = new Frames(job.backup, key);
  try {
    const { listed, bytes } = contentsOf(frames);
    const spans = spansOf(listed.contents, bytes);
    const end = spans.at(-1)?.to ?? LENGTH_BYTES + bytes;
    const damaged = new Set(frames.checkLength(end, spans));
    makeFolder(job.into);
    for (const span of spans) {
      if (!writePart(frames, span, job.into)) damaged.add(span.part.path);
      tell(span.to, end);
    }
    if (damaged.size > 0) throw damage([...damaged].join(', '));
    writeDurably(join(job.into, CONTENTS_FILE), JSON.stringify(listed));
    const { did, made_at: madeAt, parts } = listed.contents;
    return { did, madeAt, parts: parts.length };
  } finally {
    frames.close();
  }
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

/** What the frames of a file seal, read by place. */
class Frames {
  readonly #file: number;
  readonly #key: FrameKey;
  /** Where the first frame stands, and the bytes of the file. */
  readonly #start: number;
  readonly #size: number;
  #last: { readonly index: number; readonly bytes: Uint8Array | undefined } | undefined;

  constructor(path: string, owner: HybridKey) {
    this.#file = openSync(path, 'r');
    this.#size = fstatSync(this.#file).size;
    const { header, line, start } = headerOf(this.#bytes(0, MOST_HEADER_BYTES));
    this.#start = start;
    if (header.did !== didOf(owner.publicKey)) {
      throw new Refused('backup.other_owner', `the backup is sealed to ${header.did}`);
    }
    const opened = decapsulateWith(kemKeyOf(owner), header.kem, KEM_PURPOSE);
    const salt = decodeBase64(header.salt);
    if (!opened.ok || salt?.length !== 16) throw damage(LIST);
    const digest = createHash('sha256').update(line).digest();
    this.#key = { key: opened.value, salt, header: digest };
  }

  /** Bytes of what is sealed; undefined where one of their frames does not open. */
  read(from: number, to: number): Uint8Array | undefined {
    const bytes = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      const index = Math.floor(at / FRAME_BYTES);
      const frame = this.#frame(index);
      const begin = at - index * FRAME_BYTES;
      const end = Math.min(to, (index + 1) * FRAME_BYTES);
      const taken = frame?.subarray(begin, begin + end - at);
      if (taken?.length !== end - at) return undefined;
      bytes.set(taken, at - from);
      at = end;
    }
    return bytes;
  }

  /** What a file of another length than was sealed lacks, or has too much. */
  checkLength(sealed: number, spans: readonly Span[]): string[] {
    const frames = Math.ceil(sealed / FRAME_BYTES);
    const wanted = this.#start + sealed + frames * (SEALED_FRAME_BYTES - FRAME_BYTES);
    if (this.#size > wanted) return ['bytes after its end'];
    const whole = Math.floor((this.#size - this.#start) / SEALED_FRAME_BYTES);
    if (this.#size === wanted) return [];
    return partsBeyond(spans, whole);
  }

  close(): void {
    closeSync(this.#file);
  }

  #frame(index: number): Uint8Array | undefined {
    if (this.#last?.index === index) return this.#last.bytes;
    const sealed = this.#bytes(this.#start + index * SEALED_FRAME_BYTES, SEALED_FRAME_BYTES);
    const isWhole = sealed.length > SEALED_FRAME_BYTES - FRAME_BYTES;
    const bytes = isWhole ? openFrame(this.#key, index, sealed) : undefined;
    this.#last = { index, bytes };
    return bytes;
  }

  #bytes(from: number, size: number): Uint8Array {
    const buffer = new Uint8Array(size);
    let filled = 0;
    for (;;) {
      const read = readSync(this.#file, buffer, filled, size - filled, from + filled);
      filled += read;
      if (read === 0 || filled === size) return buffer.subarray(0, filled);
    }
  }
}

function headerOf(bytes: Uint8Array) {
  const first = BACKUP_LINE.length;
  const end = bytes.indexOf(0x0a, first) + 1;
  if (decodeUtf8(bytes.subarray(0, first)) !== BACKUP_LINE || end === 0) {
    throw new Refused('backup.unknown_format', 'the file is no backup made by ioi backup');
  }
  const line = bytes.slice(first, end);
  const header = Object(jsonIn(line)) as BackupHeader;
  const { did, salt, kem } = header;
  const isWhole =
    keyIdOfDid(String(did)).ok && typeof salt === 'string' && kem?.x25519 !== undefined;
  if (!isWhole) throw damage(LIST);
  return { header, line, start: end };
}

function jsonIn(bytes: Uint8Array | undefined): unknown {
  const text = bytes && decodeUtf8(bytes);
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function damage(what: string): Refused {
  return new Refused('backup.damaged', `the backup is damaged: ${what}; nothing was restored`);
}
