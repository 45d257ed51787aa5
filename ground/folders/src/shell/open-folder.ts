import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';

/**
 * A name, or names with `/` between them: one letter for each byte, since names of files are bytes
 * and need be no text.
 */
type BytePath = string;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** A letter for each byte. */
const OPEN_AS = { encoding: 'latin1', bufferSize: 256 } as const;

/** Linux leads into an open folder by its descriptor; elsewhere there is its path alone. */
const HAS_DESCRIPTORS = process.platform === 'linux';

/**
 * A folder held open. What is done in it is done by its descriptor: whoever puts a link in its
 * place, or in the place of a folder around it, leads nothing elsewhere. Off Linux that holds only
 * for what was put there before it was opened.
 */
export class OpenFolder {
  readonly #descriptor: number;
  readonly #path: Buffer;

  private constructor(path: string | Buffer) {
    this.#descriptor = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    this.#path = HAS_DESCRIPTORS
      ? Buffer.from(`/proc/self/fd/${this.#descriptor}`)
      : Buffer.from(path);
  }

  /**
   * By its real path; faults where it is a link or no folder, or lies somewhere else because a
   * folder around it was replaced by a link since its path was noted.
   */
  static at(path: string): OpenFolder {
    const folder = new OpenFolder(path);
    const real = HAS_DESCRIPTORS ? readlinkSync(folder.#path) : realpathSync(path);
    if (real === path) return folder;
    folder.close();
    throw Object.assign(new Error('a link stands in the way of a folder'), { code: 'ELOOP' });
  }

  folder(name: BytePath): OpenFolder {
    return new OpenFolder(this.place(name));
  }

  /** Where a name in it is, for one call of the system; the last part may still be a link. */
  place(name: BytePath): Buffer {
    return Buffer.concat([this.#path, Buffer.from('/'), Buffer.from(name, 'latin1')]);
  }

  /** At most so many: whoever fills a folder does not fill memory with it. */
  names(most: number): BytePath[] {
    const found: BytePath[] = [];
    const listing = opendirSync(this.#path, OPEN_AS);
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

/**
 * Opens the folder in which a path lies, folder by folder, and gives its last name with it. Whoever
 * asks closes it.
 */
export function openParent(
  root: string,
  path: BytePath,
): { readonly folder: OpenFolder; readonly name: BytePath } {
  const names = path.split('/');
  if (names.includes('..')) throw Object.assign(new Error('it leads out'), { code: 'EINVAL' });
  const name = names.pop() ?? '';
  let folder = OpenFolder.at(root);
  try {
    for (const each of names) {
      const next = folder.folder(each);
      folder.close();
      folder = next;
    }
    return { folder, name };
  } catch (fault) {
    folder.close();
    throw fault;
  }
}

/** The same, for as long as something is done there. */
export function withParent<T>(
  root: string,
  path: BytePath,
  work: (folder: OpenFolder, name: BytePath) => T,
): T {
  const { folder, name } = openParent(root, path);
  try {
    return work(folder, name);
  } finally {
    folder.close();
  }
}
