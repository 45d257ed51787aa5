import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import type { LargeBody, WebRefusal } from '../../core/web/web-act.ts';

export type SpoolLimits = {
  /** Of one body. */
  readonly body: number;
  /** Of all that are held at once. */
  readonly all: number;
};

const MIB = 1024 * 1024;
const LIMITS: SpoolLimits = { body: 1024 * MIB, all: 4096 * MIB };
const PIECE_BYTES = 256 * 1024;
/** What stays free for the log and all else of the node, looked at so often. */
const LEAST_FREE_BYTES = 256 * MIB;
const LOOK_BYTES = MIB;
const NO_ROOM: WebRefusal = {
  code: 'web.bodies_full',
  message: 'the disk has no room for its body',
};
const CIPHER = 'aes-256-ctr';

type Held = LargeBody & {
  readonly path: string;
  readonly key: Uint8Array;
  users: number;
};

/**
 * Bodies too long for memory, on disk from when they came to when nobody needs them. Their keys are
 * in memory alone: what a crash leaves there opens no more, and is removed with the next start.
 */
export class BodySpool {
  readonly #folder: string;
  readonly #limits: SpoolLimits;
  readonly #free: () => number;
  readonly #held = new Map<string, Held>();
  /** With those that are still coming. */
  #bytes = 0;

  constructor(folder: string, limits: SpoolLimits = LIMITS, free = () => freeAt(folder)) {
    this.#folder = folder;
    this.#limits = limits;
    this.#free = free;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** What is left of it or of the disk, with those that are still coming taken off. */
  get room(): number {
    return Math.min(this.#limits.all - this.#bytes, this.#free() - LEAST_FREE_BYTES);
  }

  /** Announced as too long, it is refused before any of it is read. */
  tooLarge(bytes: number): WebRefusal | undefined {
    const { body } = this.#limits;
    if (bytes <= body) return undefined;
    return { code: 'web.body_too_large', message: `a body has at most ${body} bytes` };
  }

  /** Held until it is released. Rejects where whoever sends it breaks off. */
  async take(chunks: AsyncIterable<Uint8Array>): Promise<Result<LargeBody, WebRefusal>> {
    const path = join(this.#folder, randomUUID());
    const key = randomBytes(32);
    const written = { bytes: 0 };
    let isKept = false;
    try {
      const taken = await this.#write(chunks, { path, key }, written);
      if (!taken.ok) return taken;
      const { digest, bytes } = taken.value;
      const known = this.#held.get(digest);
      if (known === undefined) this.#held.set(digest, { digest, bytes, path, key, users: 1 });
      else known.users += 1;
      isKept = known === undefined;
      return taken;
    } catch (fault) {
      const { code } = fault as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw fault;
      return err(NO_ROOM);
    } finally {
      if (!isKept) {
        rmSync(path, { force: true });
        this.#bytes -= written.bytes;
      }
    }
  }

  /** For one more who needs it; false where it is held no more. */
  hold(digest: string): boolean {
    const held = this.#held.get(digest);
    if (held !== undefined) held.users += 1;
    return held !== undefined;
  }

  release(digest: string): void {
    const held = this.#held.get(digest);
    if (held === undefined) return;
    held.users -= 1;
    if (held.users > 0) return;
    this.#held.delete(digest);
    this.#bytes -= held.bytes;
    rmSync(held.path, { force: true });
  }

  /** Piece by piece; undefined where it is held no more. */
  pieces(digest: string): Iterable<Uint8Array> | undefined {
    const held = this.#held.get(digest);
    return held && piecesOf(held);
  }

  async #write(
    chunks: AsyncIterable<Uint8Array>,
    { path, key }: Pick<Held, 'path' | 'key'>,
    written: { bytes: number },
  ): Promise<Result<LargeBody, WebRefusal>> {
    const hash = createHash('sha256');
    const cipher = createCipheriv(CIPHER, key, START);
    const file = await open(path, 'wx', 0o600);
    let looked = -LOOK_BYTES;
    try {
      for await (const chunk of chunks) {
        if (written.bytes - looked >= LOOK_BYTES) {
          looked = written.bytes;
          if (this.#free() < LEAST_FREE_BYTES) return err(NO_ROOM);
        }
        written.bytes += chunk.length;
        this.#bytes += chunk.length;
        const tooLarge = this.tooLarge(written.bytes);
        if (tooLarge !== undefined) return err(tooLarge);
        if (this.#bytes > this.#limits.all) {
          const message = `bodies that are not sent yet have at most ${this.#limits.all} bytes`;
          return err({ code: 'web.bodies_full', message });
        }
        hash.update(chunk);
        await file.writeFile(cipher.update(chunk));
      }
    } finally {
      await file.close();
    }
    return ok({ digest: `sha256:${hash.digest('hex')}`, bytes: written.bytes });
  }
}

function freeAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Each key is used for one file. */
const START = new Uint8Array(16);

function* piecesOf({ path, key }: Held): Generator<Uint8Array, void> {
  const decipher = createDecipheriv(CIPHER, key, START);
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(PIECE_BYTES);
      const read = readSync(file, buffer);
      if (read === 0) return;
      yield decipher.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}
