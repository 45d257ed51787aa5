import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { modeOf, OpenFolder } from '@ioi/folders';
import { childOf } from '../core/byte-path.ts';
import type { BytePath } from '../core/index.ts';

export type CopyLimits = {
  readonly entries: number;
  readonly bytes: number;
  readonly depth: number;
};

const COPY_LIMITS: CopyLimits = {
  entries: 200_000,
  bytes: 8 * 1024 * 1_048_576,
  depth: 100,
};

export type Copying = {
  /** Its real path. */
  readonly from: string;
  /** A folder that is there, and nobody else's. */
  readonly to: string;
  /** Paths of which nothing is copied; something of their kind stands in their place. */
  readonly apart: readonly string[];
  readonly limits?: Partial<CopyLimits> | undefined;
};

/**
 * Everything below a folder: bytes, modes, links, times of files; where the file system can, files
 * share their blocks. What is no file, folder or link is left out, as is what cannot be read.
 * Faults where it is too much.
 */
export function copyFolder(copying: Copying): void {
  const folder = OpenFolder.at(copying.from);
  try {
    new Copier(copying).fill(folder, '', 0);
    const stat = folder.stat('.');
    if (stat !== undefined) chmodSync(copying.to, modeOf(stat) | OURS);
  } finally {
    folder.close();
  }
}

const MANY = 'there is too much in it to be copied';
/** A folder is open to us while it is filled. */
const OURS = 0o700;

class Copier {
  readonly #to: Buffer;
  readonly #limits: CopyLimits;
  readonly #apart: ReadonlySet<BytePath>;
  #entries = 0;
  #bytes = 0;

  constructor({ from, to, apart, limits }: Copying) {
    this.#to = Buffer.from(`${to}/`);
    this.#limits = { ...COPY_LIMITS, ...limits };
    const start = `${from}/`;
    const inside = apart.filter((path) => path.startsWith(start));
    this.#apart = new Set(
      inside.map((path) => Buffer.from(path.slice(start.length)).toString('latin1')),
    );
  }

  fill(folder: OpenFolder, path: BytePath, depth: number): void {
    const { entries, depth: deepest } = this.#limits;
    const names = folder.names(entries - this.#entries + 1);
    this.#entries += names.length;
    if (this.#entries > entries || depth > deepest) throw new Error(MANY);
    for (const name of names) {
      try {
        this.#copy(folder, name, { path: childOf(path, name), depth });
      } catch (fault) {
        if (!isPassedOver(fault)) throw fault;
      }
    }
  }

  #copy(folder: OpenFolder, name: BytePath, { path, depth }: Place): void {
    const stat = folder.stat(name);
    if (stat === undefined) return;
    const to = Buffer.concat([this.#to, Buffer.from(path, 'latin1')]);
    if (this.#apart.has(path)) {
      if (stat.isDirectory()) mkdirSync(to);
      else writeFileSync(to, '');
    } else if (stat.isDirectory()) {
      const inner = folder.folder(name);
      try {
        mkdirSync(to, { mode: OURS });
        this.fill(inner, path, depth + 1);
      } finally {
        inner.close();
      }
      chmodSync(to, modeOf(stat));
    } else if (stat.isSymbolicLink()) {
      symlinkSync(readlinkSync(folder.place(name), { encoding: 'buffer' }), to);
    } else if (stat.isFile()) {
      this.#file(folder.place(name), to);
    }
  }

  /** By a descriptor: whoever puts a link in its place has nothing else copied. */
  #file(from: Buffer, to: Buffer): void {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const descriptor = openSync(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat: BigIntStats = fstatSync(descriptor, { bigint: true });
      if (!stat.isFile()) return;
      this.#bytes += Number(stat.size);
      if (this.#bytes > this.#limits.bytes) throw new Error(MANY);
      copyFileSync(`/proc/self/fd/${descriptor}`, to, constants.COPYFILE_FICLONE);
      chmodSync(to, modeOf(stat));
      utimesSync(to, Number(stat.atimeMs) / 1000, Number(stat.mtimeMs) / 1000);
    } finally {
      closeSync(descriptor);
    }
  }
}

type Place = { readonly path: BytePath; readonly depth: number };

/** It went while it was looked at, or this account may not read it. */
function isPassedOver(fault: unknown): boolean {
  const { code = '' } = fault as NodeJS.ErrnoException;
  return ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'EACCES'].includes(code);
}
