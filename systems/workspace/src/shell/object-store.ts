import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Tree, TreeEntry } from '../core/index.ts';

const PIECE_BYTES = 1_048_576;
const PRIVATE = 0o600;

/** Bytes by their SHA-256, each once; private to this account. */
export class ObjectStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  has(digest: string): boolean {
    return existsSync(this.place(digest));
  }

  place(digest: string): string {
    return join(this.#folder, digest.slice(0, 2), digest);
  }

  put(bytes: Uint8Array): string {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (!this.has(digest))
      this.#name(digest, (path) => writeFileSync(path, bytes, { mode: PRIVATE }));
    return digest;
  }

  /** A copy of an open file; where the file system can, one that shares its blocks. */
  putOpen(descriptor: number): string {
    const draft = join(this.#folder, `draft-${process.pid}`);
    rmSync(draft, { force: true });
    copyFileSync(`/proc/self/fd/${descriptor}`, draft, constants.COPYFILE_FICLONE);
    // A copy gets the mode of the file.
    chmodSync(draft, PRIVATE);
    const digest = digestOfFile(draft);
    if (this.has(digest)) rmSync(draft);
    else this.#name(digest, (path) => renameSync(draft, path));
    return digest;
  }

  /** Undefined where it is not there, or is not what was put. */
  get(digest: string): Buffer | undefined {
    if (!this.has(digest)) return undefined;
    const bytes = readFileSync(this.place(digest));
    return createHash('sha256').update(bytes).digest('hex') === digest ? bytes : undefined;
  }

  putTree(tree: Tree): string {
    return this.put(zstdCompressSync(JSON.stringify([...tree])));
  }

  tree(digest: string): Tree | undefined {
    const bytes = this.get(digest);
    if (bytes === undefined) return undefined;
    const text = zstdDecompressSync(bytes).toString('utf8');
    return new Map(JSON.parse(text) as [string, TreeEntry][]);
  }

  bytes(): number {
    return this.#all().reduce((sum, digest) => sum + statSync(this.place(digest)).size, 0);
  }

  /** Removes all but these, with drafts of whoever was cut short: nobody else writes meanwhile. */
  keepOnly(digests: ReadonlySet<string>): void {
    for (const draft of this.#drafts()) rmSync(join(this.#folder, draft), { force: true });
    const gone = this.#all().filter((digest) => !digests.has(digest));
    for (const digest of gone) rmSync(this.place(digest), { force: true });
  }

  #drafts(): string[] {
    const names = readdirSync(this.#folder, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /^draft-[0-9]+$|^..\/[0-9a-f]{64}\.[0-9]+$/.test(name));
  }

  #all(): string[] {
    const groups = readdirSync(this.#folder).filter((name) => name.length === 2);
    const found = groups.flatMap((name) => readdirSync(join(this.#folder, name)));
    return found.filter((name) => /^[0-9a-f]{64}$/.test(name));
  }

  #name(digest: string, make: (path: string) => void): void {
    const path = this.place(digest);
    mkdirSync(join(this.#folder, digest.slice(0, 2)), { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}`;
    make(draft);
    renameSync(draft, path);
  }
}

function digestOfFile(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const read = readSync(descriptor, piece);
      if (read === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
}
