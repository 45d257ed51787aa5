import { createHash } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import { OpenFolder, openParent } from '@ioi/folders';
import { type Commit, readCommit } from '@ioi/law';
import { bytesAt, inflated, MOST_COMMIT_BYTES, openFile, PackIndex } from './pack.ts';

export type Bounds = {
  /** Names of loose objects, and of refs, that are listed in one repository. */
  readonly names: number;
  /** And in all of them together, in one look. */
  readonly allNames: number;
  readonly packs: number;
};

export const BOUNDS: Bounds = { names: 200_000, allNames: 1_000_000, packs: 256 };

/** What one look may still take: whoever writes repositories may fill them, and make many. */
export class Allowance {
  /** Something was there that was not looked at. */
  isCut = false;
  readonly #until: number;
  #names: number;

  constructor(until: number, names: number) {
    this.#until = until;
    this.#names = names;
  }

  get isOver(): boolean {
    if (Date.now() > this.#until || this.#names <= 0) this.isCut = true;
    return Date.now() > this.#until || this.#names <= 0;
  }

  take(names: number): void {
    this.#names -= names;
  }

  names(folder: OpenFolder, most: number): string[] {
    if (this.isOver) return [];
    const found = folder.names(Math.max(0, Math.min(most, this.#names)) + 1);
    if (found.length > most) this.isCut = true;
    this.take(found.length);
    return found;
  }

  /** What is gone is nothing; what cannot be opened may be anything. */
  failed(fault: unknown): void {
    if (!GONE.includes(String((fault as NodeJS.ErrnoException).code))) this.isCut = true;
  }
}

/** A link, or a file in the place of a folder, is none of a repository either. */
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP'];

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
/** Of one commit, as often as packs name it and what it is a delta of. */
const MOST_ATTEMPTS = 64;

type Refs = {
  readonly refs: Map<string, string>;
  readonly logged: Set<string>;
  /** Of all that is there. */
  readonly isWhole: boolean;
};

type Looking = { readonly bounds: Bounds; readonly allowance: Allowance };

/**
 * One repository of git, read by its files: no program of git is started, so that nothing its
 * settings, hooks and attributes name is. Every name is looked up in a folder that is held open,
 * and no link is followed; what it borrows from others (`alternates`) is not looked at.
 */
export class Repository {
  readonly #root: string;
  readonly #path: string;
  readonly #bounds: Bounds;
  readonly #allowance: Allowance;
  /** Objects that lie by themselves, as they were listed last. */
  #listed: ReadonlySet<string> | undefined;
  #attempts = 0;

  constructor(root: string, path: string, { bounds, allowance }: Looking) {
    this.#root = root;
    this.#path = path;
    this.#bounds = bounds;
    this.#allowance = allowance;
  }

  /** Each ref with what it names, heads that stand at no branch, and what logs say they named. */
  refs(): Refs {
    const wasCut = this.#allowance.isCut;
    this.#allowance.isCut = false;
    const refs = new Map<string, string>();
    const logged = new Set<string>();
    this.#in('', (folder) => {
      for (const [ref, name] of this.#packedIn(folder)) {
        // Behind an annotated tag stands what it is of.
        if (ref === '') logged.add(name);
        else this.#take(refs, ref, name);
      }
      this.#take(refs, 'HEAD', nameIn(folder, 'HEAD'));
      for (const each of loggedIn(folder)) logged.add(each);
    });
    this.#in('refs', (folder) => this.#walk(folder, 'refs', refs, 0));
    this.#in('worktrees', (folder) => {
      for (const tree of this.#allowance.names(folder, this.#bounds.names)) {
        if (this.#allowance.isOver) return;
        this.#in(`worktrees/${tree}`, (own) => {
          this.#take(refs, `worktrees/${tree}/HEAD`, nameIn(own, 'HEAD'));
          for (const each of loggedIn(own)) logged.add(each);
        });
      }
    });
    const isWhole = !this.#allowance.isCut;
    this.#allowance.isCut ||= wasCut;
    return { refs, logged, isWhole };
  }

  /** Names of objects that lie by themselves; undefined where there are too many. */
  loose(): ReadonlySet<string> | undefined {
    const names = new Set<string>();
    this.#in('objects', (objects) => {
      for (const first of this.#allowance.names(objects, this.#bounds.names)) {
        if (!/^[0-9a-f]{2}$/.test(first)) continue;
        this.#inner(objects, first, (folder) => {
          const left = this.#bounds.names - names.size;
          for (const rest of this.#allowance.names(folder, left)) {
            if (NAME.test(first + rest)) names.add(first + rest);
            // Of git there are none here, and nobody looks for repositories in them.
            else if (folder.stat(rest)?.isDirectory()) this.#allowance.isCut = true;
          }
        });
      }
    });
    const isWhole = names.size <= this.#bounds.names && !this.#allowance.isOver;
    this.#listed = isWhole ? names : undefined;
    return this.#listed;
  }

  /** Of its packs; held open until they are closed. Undefined where there are too many. */
  indexes(isRead: boolean): PackIndex[] | undefined {
    const found: PackIndex[] = [];
    const { packs } = this.#bounds;
    let isCut = false;
    this.#in('objects/pack', (folder) => {
      const listed = this.#allowance.names(folder, packs * 8);
      const names = listed.filter((name) => name.endsWith('.idx'));
      isCut = names.length > packs || listed.length > packs * 8 || this.#allowance.isOver;
      for (const name of names.slice(0, packs)) {
        const index = this.#opened(folder, name.slice(0, -'.idx'.length), isRead);
        if (index !== undefined) found.push(index);
      }
    });
    if (!isCut) return found;
    this.#allowance.isCut = true;
    for (const index of found) index.close();
    return undefined;
  }

  #opened(folder: OpenFolder, name: string, isRead: boolean): PackIndex | undefined {
    try {
      return PackIndex.open(folder, name, isRead);
    } catch (fault) {
      this.#allowance.failed(fault);
      return undefined;
    }
  }

  /** Whether one that lies by itself begins as a commit does. */
  isLooseCommit(name: string): boolean {
    const begin = this.#looseBytes(name, KIND_BYTES, LARGEST_OF_KIND);
    return begin !== undefined && HEAD.test(begin.toString('latin1', 0, ROOM_FOR_HEAD));
  }

  /** A commit that is what its name says; undefined where it is none, not here, or too large. */
  commit(name: string, packs: readonly PackIndex[]): Commit | undefined {
    this.#attempts = 0;
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
      if (at === undefined) continue;
      this.#attempts += 1;
      // Each of many packs may name the same, and send whoever reads it to all others again.
      if (this.#attempts > MOST_ATTEMPTS) {
        this.#allowance.isCut = true;
        return undefined;
      }
      const byName = (base: string, deep: number) => this.#bytesOf(base, packs, deep);
      const packed = index.commitAt(at, byName, depth);
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
    for (const name of this.#allowance.names(folder, this.#bounds.names)) {
      if (depth > MOST_REF_DEPTH) this.#allowance.isCut = true;
      if (this.#allowance.isOver || depth > MOST_REF_DEPTH) return;
      const below = `${path}/${name}`;
      if (folder.stat(name)?.isDirectory()) {
        this.#inner(folder, name, (next) => this.#walk(next, below, refs, depth + 1));
      } else this.#take(refs, below, nameIn(folder, name));
    }
  }

  #take(refs: Map<string, string>, ref: string, name: string | undefined): void {
    if (name === undefined) return;
    if (refs.size < this.#bounds.names) refs.set(ref, name);
    else this.#allowance.isCut = true;
  }

  /** Names of refs stay bytes, one letter for each. */
  #packedIn(folder: OpenFolder): [string, string][] {
    const read = readUpTo(folder, 'packed-refs', MOST_PACKED_REFS_BYTES + 1);
    if (read === undefined || this.#allowance.isOver) return [];
    if (read.length > MOST_PACKED_REFS_BYTES) this.#allowance.isCut = true;
    const lines = read.toString('latin1').split('\n');
    this.#allowance.take(lines.length);
    return lines.flatMap((line): [string, string][] => {
      const [, name = '', ref = ''] = /^\^?([0-9a-f]{40,64})(?: (refs\/.*))?$/.exec(line) ?? [];
      return NAME.test(name) && (ref !== '' || line[0] === '^') ? [[ref, name]] : [];
    });
  }

  /** A folder of it, for as long as something is done there; nothing where there is none. */
  #in<T>(path: string, work: (folder: OpenFolder) => T): T | undefined {
    const whole = [this.#path, path].filter((each) => each !== '').join('/');
    try {
      if (whole === '') return closing(OpenFolder.at(this.#root), work);
      const { folder, name } = openParent(this.#root, whole);
      return closing(folder, () => this.#inner(folder, name, work));
    } catch (fault) {
      this.#allowance.failed(fault);
      return undefined;
    }
  }

  #inner<T>(around: OpenFolder, name: string, work: (folder: OpenFolder) => T): T | undefined {
    try {
      return closing(around.folder(name), work);
    } catch (fault) {
      this.#allowance.failed(fault);
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

/** What a head named lately, the newest lines of its log. */
function loggedIn(folder: OpenFolder): string[] {
  const logs = folder.stat('logs')?.isDirectory() === true ? folder.folder('logs') : undefined;
  const tail = logs && closing(logs, () => readUpTo(logs, 'HEAD', LOG_TAIL_BYTES, true));
  const lines = tail?.toString('latin1').split('\n') ?? [];
  return lines.flatMap((line) => {
    const [, name = ''] = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) /.exec(line) ?? [];
    return NAME.test(name) ? [name] : [];
  });
}
