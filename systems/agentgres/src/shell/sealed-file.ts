import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Pausing } from '@ioi/basis';
import { cidOf, type Digest } from '@ioi/canon';
import { CHUNK_BYTES, openChunk, SEALED_CHUNK_BYTES, sealChunk } from '../core/artifact-format.ts';

/** An object's own key, and the digest its content must have. */
export type SealedUnder = { readonly key: Uint8Array; readonly digest: Digest };

export type Sealed = {
  /** Bytes of content. */
  readonly size: number;
  readonly digest: Digest;
  /** What fits one chunk stands in the index; the rest in a file named by its sealed bytes. */
  readonly stands: { readonly inline: Uint8Array } | { readonly file: string };
};

/** Seals content as it comes, a pause after each chunk; a file has its name once it is whole. */
export function* sealing(
  folder: string,
  under: SealedUnder,
  content: Iterable<Uint8Array>,
): Pausing<Sealed> {
  const plain = createHash('sha256');
  let size = 0;
  let writing: { file: number; path: string; hash: ReturnType<typeof createHash> } | undefined;
  let inline: Uint8Array = new Uint8Array();
  let index = 0;
  try {
    for (const { chunk, isLast } of chunked(content)) {
      plain.update(chunk);
      size += chunk.length;
      const sealed = sealChunk(under.key, { digest: under.digest, index, isLast }, chunk);
      index += 1;
      if (isLast && !writing) inline = sealed;
      else {
        writing ??= begin(folder);
        writing.hash.update(sealed);
        writeSync(writing.file, sealed);
        yield;
      }
    }
    const digest: Digest = `sha256:${plain.digest('hex')}`;
    if (!writing) return { size, digest, stands: { inline } };
    fsyncSync(writing.file);
    const file = cidOf(`sha256:${writing.hash.digest('hex')}`);
    renameSync(writing.path, join(folder, file));
    return { size, digest, stands: { file } };
  } catch (fault) {
    // A full disk above all must not keep what was written in vain.
    if (writing) rmSync(writing.path, { force: true });
    throw fault;
  } finally {
    if (writing) closeSync(writing.file);
  }
}

/** Bytes of the file that holds so much content. */
export function sealedBytes(size: number): number {
  const count = Math.max(1, Math.ceil(size / CHUNK_BYTES));
  return size + count * (SEALED_CHUNK_BYTES - CHUNK_BYTES);
}

/** The content chunk by chunk; undefined in place of the first one that is not what was sealed. */
export function* openContent(
  folder: string,
  under: SealedUnder,
  { size, stands }: Pick<Sealed, 'size' | 'stands'>,
): Generator<Uint8Array | undefined, void> {
  const count = Math.max(1, Math.ceil(size / CHUNK_BYTES));
  const { digest, key } = under;
  if ('inline' in stands) {
    yield openChunk(key, { digest, index: 0, isLast: true }, stands.inline);
    return;
  }
  const file = openSync(join(folder, stands.file), 'r');
  try {
    const isWhole = fstatSync(file).size === sealedBytes(size);
    const buffer = Buffer.alloc(SEALED_CHUNK_BYTES);
    for (let index = 0; index < count; index++) {
      const read = readSync(file, buffer, 0, SEALED_CHUNK_BYTES, index * SEALED_CHUNK_BYTES);
      const place = { digest, index, isLast: index === count - 1 };
      const chunk = isWhole ? openChunk(key, place, buffer.subarray(0, read)) : undefined;
      yield chunk;
      if (chunk === undefined) return;
    }
  } finally {
    closeSync(file);
  }
}

/** Removes every file that is none of these: a crash may have left some that nothing names. */
export function removeOthers(folder: string, known: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (!known.has(name)) rmSync(join(folder, name), { force: true });
  }
}

/** Makes names in the folder, given or taken away, last. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  fsyncSync(file);
  closeSync(file);
}

function begin(folder: string) {
  const path = join(folder, `${randomUUID()}.new`);
  return { file: openSync(path, 'wx', 0o600), path, hash: createHash('sha256') };
}

/** Full chunks however the content comes; the last may be short, and is empty for no content. */
function* chunked(
  content: Iterable<Uint8Array>,
): Generator<{ readonly chunk: Uint8Array; readonly isLast: boolean }, void> {
  // Most contents are short: room for a whole chunk is made for those that need it.
  let buffer = new Uint8Array();
  let held = 0;
  for (const piece of content) {
    buffer = roomFor(buffer, held, piece.length);
    for (let at = 0; at < piece.length; ) {
      if (held === CHUNK_BYTES) {
        yield { chunk: buffer, isLast: false };
        held = 0;
      }
      const taken = piece.subarray(at, at + CHUNK_BYTES - held);
      buffer.set(taken, held);
      held += taken.length;
      at += taken.length;
    }
  }
  yield { chunk: buffer.subarray(0, held), isLast: true };
}

function roomFor(buffer: Uint8Array<ArrayBuffer>, held: number, more: number) {
  const wanted = Math.min(CHUNK_BYTES, held + more);
  if (wanted <= buffer.length) return buffer;
  const larger = new Uint8Array(held === 0 ? wanted : CHUNK_BYTES);
  larger.set(buffer.subarray(0, held));
  return larger;
}
