import { createHash } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import { OpenFolder, openParent } from '@ioi/folders';
import { type Commit, readCommit } from '@ioi/law';
import { bytesAt, inflated, MOST_COMMIT_BYTES, openFile, PackIndex } from './pack.ts';

export type Bounds = {
  /** Names of loose objects, and of refs, that are listed in one repository. */
  readonly names: number;
  readonly packs: number;
};

export const BOUNDS: Bounds = { names: 200_000, packs: 256 };

const NAME = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const MOST_REF_BYTES = 1024;
const MOST_PACKED_REFS_BYTES = 16 * 1_048_576;
const LOG_TAIL_BYTES = 262_144;
const MOST_REF_DEPTH = 32;
/** Of bytes that begin an object: enough for its kind. */
const KIND_BYTES = 128;
const LARGEST_OF_KIND = 262_144;
const HEAD = /^commit (\d{1,9})\0/;
const ROOM_FOR_HEAD = 32;

/**
 * One repository of git, read by its files: no program of git is started, so that nothing its
 * settings, hooks and attributes name is. Every name is looked up in a folder that is held open,
 * and no link is followed; what it borrows from others (`alternates`) is not looked at.
 */
export class Repository {
  readonly #root: string;
  readonly #path: string;
  readonly #bounds: Bounds;
  /** Objects that lie by themselves, as they were listed last. */
  #listed: ReadonlySet<string> | undefined;

  constructor(root: string, path: string, bounds = BOUNDS) {
    this.#root = root;
    this.#path = path;
    this.#bounds = bounds;
  }

  /** Hex digits in its names: those of its refs say it. */
  digitsOf(refs: ReadonlyMap<string, string>): 40 | 64 {
    for (const name of refs.values()) return name.length === 64 ? 64 : 40;
    return 40;
  }

  /** Each ref with what it names, heads that stand at no branch, and what logs say they named. */
  refs(): { readonly refs: Map<string, string>; readonly logged: Set<string> } {
    const refs = new Map<string, string>();
    const logged = new Set<string>();
    this.#in('', (folder) => {
      for (const [ref, name] of packedIn(folder)) refs.set(ref, name);
      this.#take(refs, 'HEAD', nameIn(folder, 'HEAD'));
      for (const each of loggedIn(folder)) logged.add(each);
    });
    this.#in('refs', (folder) => this.#walk(folder, 'refs', refs, 0));
    this.#in('worktrees', (folder) => {
      for (const tree of folder.names(this.#bounds.names)) {
        this.#in(`worktrees/${tree}`, (own) => {
          this.#take(refs, `worktrees/${tree}/HEAD`, nameIn(own, 'HEAD'));
          for (const each of loggedIn(own)) logged.add(each);
        });
      }
    });
    return { refs, logged };
  }

  /** Names of objects that lie by themselves; undefined where there are too many. */
  loose(): ReadonlySet<string> | undefined {
    const names = new Set<string>();
    this.#in('objects', (objects) => {
      for (const first of objects.names(this.#bounds.names)) {
        if (!/^[0-9a-f]{2}$/.test(first)) continue;
        inner(objects, first, (folder) => {
          for (const rest of folder.names(this.#bounds.names - names.size + 1)) {
            if (NAME.test(first + rest)) names.add(first + rest);
          }
        });
        if (names.size > this.#bounds.names) break;
      }
    });
    this.#listed = names.size > this.#bounds.names ? undefined : names;
    return this.#listed;
  }

  /** Of its packs; held open until they are closed. Undefined where there are too many. */
  indexes(opening: { digits: 40 | 64; isRead: boolean }): PackIndex[] | undefined {
    const found: PackIndex[] = [];
    const { packs } = this.#bounds;
    let isCut = false;
    this.#in('objects/pack', (folder) => {
      const names = folder.names(packs * 8).filter((name) => name.endsWith('.idx'));
      isCut = names.length > packs;
      for (const name of names.slice(0, packs)) {
        const index = PackIndex.open(folder, name.slice(0, -'.idx'.length), opening);
        if (index !== undefined) found.push(index);
      }
    });
    if (!isCut) return found;
    for (const index of found) index.close();
    return undefined;
  }

  /** Whether one that lies by itself begins as a commit does. */
  isLooseCommit(name: string): boolean {
    const begin = this.#looseBytes(name, KIND_BYTES, LARGEST_OF_KIND);
    return begin !== undefined && HEAD.test(begin.toString('latin1', 0, ROOM_FOR_HEAD));
  }

  /** A commit that is what its name says; undefined where it is none, not here, or too large. */
  commit(name: string, packs: readonly PackIndex[]): Commit | undefined {
    const bytes = this.#bytesOf(name, packs, 0);
    if (bytes === undefined) return undefined;
    const hash = createHash(name.length === 64 ? 'sha256' : 'sha1');
    const own = hash.update(`commit ${bytes.length}\0`).update(bytes).digest('hex');
    return own === name ? readCommit(bytes) : undefined;
  }

  #bytesOf(name: string, packs: readonly PackIndex[], depth: number): Buffer | undefined {
    const most = MOST_COMMIT_BYTES + ROOM_FOR_HEAD;
    const loose = this.#looseBytes(name, most, most);
    if (loose !== undefined) {
      const [head = '', size] = HEAD.exec(loose.toString('latin1', 0, ROOM_FOR_HEAD)) ?? [];
      const bytes = loose.subarray(head.length);
      return head !== '' && bytes.length === Number(size) ? bytes : undefined;
    }
    for (const index of packs) {
      const at = index.offsetOf(name);
      const byName = (base: string, deep: number) => this.#bytesOf(base, packs, deep);
      const packed = at === undefined ? undefined : index.commitAt(at, byName, depth);
      if (packed !== undefined) return packed;
    }
    return undefined;
  }

  #looseBytes(name: string, most: number, unpacked: number): Buffer | undefined {
    if (this.#listed?.has(name) === false) return undefined;
    return this.#in(`objects/${name.slice(0, 2)}`, (folder) => {
      const bytes = readUpTo(folder, name.slice(2), most);
      return bytes && inflated(bytes, unpacked);
    });
  }

  #walk(folder: OpenFolder, path: string, refs: Map<string, string>, depth: number): void {
    for (const name of folder.names(this.#bounds.names)) {
      if (refs.size >= this.#bounds.names || depth > MOST_REF_DEPTH) return;
      const below = `${path}/${name}`;
      if (folder.stat(name)?.isDirectory()) {
        inner(folder, name, (next) => this.#walk(next, below, refs, depth + 1));
      } else this.#take(refs, below, nameIn(folder, name));
    }
  }

  #take(refs: Map<string, string>, ref: string, name: string | undefined): void {
    if (name !== undefined) refs.set(ref, name);
  }

  /** A folder of it, for as long as something is done there; nothing where there is none. */
  #in<T>(path: string, work: (folder: OpenFolder) => T): T | undefined {
    const whole = [this.#path, path].filter((each) => each !== '').join('/');
    try {
      if (whole === '') return closing(OpenFolder.at(this.#root), work);
      const { folder, name } = openParent(this.#root, whole);
      return closing(folder, () => inner(folder, name, work));
    } catch {
      return undefined;
    }
  }
}

function closing<T>(folder: OpenFolder, work: (folder: OpenFolder) => T): T {
  try {
    return work(folder);
  } finally {
    folder.close();
  }
}

function inner<T>(
  around: OpenFolder,
  name: string,
  work: (folder: OpenFolder) => T,
): T | undefined {
  try {
    return closing(around.folder(name), work);
  } catch {
    return undefined;
  }
}

/** From its beginning, or where `isTail` its last bytes. */
function readUpTo(folder: OpenFolder, name: string, most: number, isTail = false) {
  const descriptor = openFile(folder, name);
  if (descriptor === undefined) return undefined;
  try {
    const { size } = fstatSync(descriptor);
    return bytesAt(descriptor, isTail ? Math.max(0, size - most) : 0, Math.min(size, most));
  } finally {
    closeSync(descriptor);
  }
}

function nameIn(folder: OpenFolder, file: string): string | undefined {
  const text = readUpTo(folder, file, MOST_REF_BYTES)?.toString('latin1').trim();
  return text !== undefined && NAME.test(text) ? text : undefined;
}

/** Names of refs stay bytes, one letter for each. */
function packedIn(folder: OpenFolder): [string, string][] {
  const text = readUpTo(folder, 'packed-refs', MOST_PACKED_REFS_BYTES)?.toString('latin1') ?? '';
  return text.split('\n').flatMap((line): [string, string][] => {
    const [, name = '', ref = ''] = /^([0-9a-f]{40,64}) (refs\/.*)$/.exec(line) ?? [];
    return NAME.test(name) ? [[ref, name]] : [];
  });
}

/** What a head named lately, the newest lines of its log. */
function loggedIn(folder: OpenFolder): string[] {
  const logs = inner(folder, 'logs', (logs) => readUpTo(logs, 'HEAD', LOG_TAIL_BYTES, true));
  const lines = logs?.toString('latin1').split('\n') ?? [];
  return lines.flatMap((line) => {
    const [, name = ''] = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) /.exec(line) ?? [];
    return NAME.test(name) ? [name] : [];
  });
}
