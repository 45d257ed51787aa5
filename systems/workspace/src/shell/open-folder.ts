import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
} from 'node:fs';
import type { BytePath } from '../core/index.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** A letter for each byte. */
const OPEN_AS = { encoding: 'latin1', bufferSize: 256 } as const;

/**
 * A folder held open. What is done in it is done by its descriptor: whoever puts a link in its
 * place, or in the place of a folder around it, leads nothing elsewhere.
 */
export class OpenFolder {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * By its real path; faults where it is a link or no folder, or lies somewhere else because a
   * folder around it was replaced by a link since its path was noted.
   */
  static at(path: string): OpenFolder {
    const folder = OpenFolder.#open(path);
    if (readlinkSync(`/proc/self/fd/${folder.#descriptor}`) === path) return folder;
    folder.close();
    throw Object.assign(new Error('a link stands in the way of a folder'), { code: 'ELOOP' });
  }

  folder(name: BytePath): OpenFolder {
    return OpenFolder.#open(this.place(name));
  }

  static #open(path: string | Buffer): OpenFolder {
    return new OpenFolder(openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }

  /** Where a name in it is, for one call of the system; the last part may still be a link. */
  place(name: BytePath): Buffer {
    const start = Buffer.from(`/proc/self/fd/${this.#descriptor}/`);
    return Buffer.concat([start, Buffer.from(name, 'latin1')]);
  }

  /** At most so many: whoever fills a folder does not fill memory with it. */
  names(most: number): BytePath[] {
    const found: BytePath[] = [];
    const listing = opendirSync(`/proc/self/fd/${this.#descriptor}`, OPEN_AS);
    try {
      for (let next = listing.readSync(); next !== null; next = listing.readSync()) {
        if (found.length >= most) break;
        found.push(next.name);
      }
    } finally {
      listing.closeSync();
    }
    return found.sort();
  }

  /** Undefined where nothing has this name. */
  stat(name: BytePath): BigIntStats | undefined {
    return lstatSync(this.place(name), { bigint: true, throwIfNoEntry: false });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Changes with whatever is done to a file: nobody but the system sets the last of it. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** Of what is no file, folder or link: it has no bytes that could change. */
export function specialStampOf({ mode, rdev }: BigIntStats): string {
  return `special:${mode}:${rdev}`;
}

export const modeOf = ({ mode }: BigIntStats): number => Number(mode) & 0o7777;

/** Opens the folder in which a path lies, folder by folder, and gives its last name with it. */
export function withParent<T>(
  root: string,
  path: BytePath,
  work: (folder: OpenFolder, name: BytePath) => T,
): T {
  const names = path.split('/');
  const last = names.pop() ?? '';
  let folder = OpenFolder.at(root);
  try {
    for (const name of names) {
      const next = folder.folder(name);
      folder.close();
      folder = next;
    }
    return work(folder, last);
  } finally {
    folder.close();
  }
}
