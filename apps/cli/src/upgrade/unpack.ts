import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { type ArchiveEntry, BLOCK, readEntry } from '../core/upgrade/archive-entry.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';

const MOST_BYTES = 4 * 2 ** 30;
const MOST_ENTRIES = 200_000;

/**
 * Unpacks a release into a new folder and gives the SHA-256 of the bytes that
 * were unpacked: what was checked before may have been another file by now. `from`: where in the
 * file it begins.
 */
export async function unpack(file: string, folder: string, from = 0): Promise<string> {
  const digest = createHash('sha256');
  const source = createReadStream(file, { start: from });
  source.on('data', (chunk) => digest.update(chunk));
  const plain = source.pipe(createGunzip());
  source.on('error', (fault) => plain.destroy(fault));
  try {
    const taking = new Taking(plain);
    let bytes = 0;
    for (let count = 0; ; count += 1) {
      const block = await taking.whole(BLOCK);
      if (block === undefined) break;
      const entry = readEntry(block);
      if (!entry.ok) throw broken(file, entry.error);
      if (entry.value === undefined) continue;
      bytes += entry.value.size;
      if (bytes > MOST_BYTES || count > MOST_ENTRIES) throw broken(file, 'it is too large');
      await write(folder, entry.value, taking);
    }
  } catch (fault) {
    throw named(fault, { file, folder });
  } finally {
    source.destroy();
    plain.destroy();
  }
  return digest.digest('hex');
}

async function write(folder: string, entry: ArchiveEntry, taking: Taking): Promise<void> {
  const to = join(folder, entry.path);
  if (entry.kind === 'folder') {
    mkdirSync(to, { recursive: true });
    return;
  }
  mkdirSync(dirname(to), { recursive: true });
  const opened = openSync(to, 'wx', entry.isProgram ? 0o755 : 0o644);
  try {
    for (let left = entry.size; left > 0; ) {
      const part = await taking.some(left);
      if (part === undefined) throw new Error('it ends too early');
      for (let at = 0; at < part.length; ) at += writeSync(opened, part, at);
      left -= part.length;
    }
  } finally {
    closeSync(opened);
  }
  const odd = entry.size % BLOCK;
  if (odd > 0 && (await taking.whole(BLOCK - odd)) === undefined) {
    throw new Error('it ends too early');
  }
}

/** Bytes of a stream in pieces as they are wanted. */
class Taking {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** At most so many, at least one; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly so many; undefined at the end. */
  async whole(size: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let left = size; left > 0; ) {
      const part = await this.some(left);
      if (part === undefined && left === size) return undefined;
      if (part === undefined) throw new Error('it ends too early');
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}

function broken(file: string, why: string): CommandFault {
  const message = `${file} was not installed: ${why}`;
  return new CommandFault({ exit: 'unverified', code: 'upgrade.broken_package', message });
}

type Places = { readonly file: string; readonly folder: string };

function named(fault: unknown, { file, folder }: Places): CommandFault {
  if (fault instanceof CommandFault) return fault;
  const { code } = fault as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(dirname(folder));
  return broken(file, messageOf(fault));
}

export function noRoom(folder: string): CommandFault {
  const message = `there is no room for another version (${folder}); the one before is untouched`;
  const next = 'make room, and the same again';
  return new CommandFault({ exit: 'unexpected', code: 'upgrade.no_room', message, next });
}
