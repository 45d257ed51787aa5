import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { modeOf, OpenFolder, specialStampOf, stampOf } from '@ioi/folders';
import { type BytePath, childOf, type LeftOut, type Tree, type TreeEntry } from '../core/index.ts';
import type { ObjectStore } from './object-store.ts';

export type Limits = {
  /** Of everything below the folder; with more there is no snapshot of it. */
  readonly entries: number;
  /** Of one file; of a larger one no bytes are kept. */
  readonly fileBytes: number;
  /** That one snapshot may add to what is kept. */
  readonly newBytes: number;
  readonly depth: number;
  /** Of all paths together: a snapshot is held in memory, and long names cost a program nothing. */
  readonly pathBytes: number;
};

export const LIMITS: Limits = {
  entries: 200_000,
  fileBytes: 64 * 1_048_576,
  newBytes: 2 * 1024 * 1_048_576,
  depth: 100,
  pathBytes: 64 * 1_048_576,
};

/** Folders that a tool fills and can fill again: what changes in them is seen and not kept. */
const INSTALLED: readonly string[] = ['.tox', '.venv', '__pycache__', 'node_modules', 'venv'];

/** Digests of files by their stamps, from one snapshot to the next. */
export type Known = {
  digestOf(stamp: string): string | undefined;
  learn(stamp: string, digest: string): void;
};

export type SnapshotOptions = {
  /** Its real path. */
  readonly root: string;
  /** Real paths of which nothing is looked at. */
  readonly apart: readonly string[];
  readonly objects: ObjectStore;
  readonly known: Known;
  readonly limits?: Partial<Limits>;
};

class TooMany extends Error {}

/** How long a file has to be as it is before its stamp alone is believed the next time. */
const SETTLED_MS = 2000;
const SMALL_BYTES = 1_048_576;
const ATTEMPTS = 3;

/** Everything below a folder; undefined where that is too much, or the folder cannot be read. */
export function snapshot(options: SnapshotOptions): Tree | undefined {
  const walk = new Walk(options);
  try {
    const folder = OpenFolder.at(options.root);
    try {
      walk.folder(folder, { path: '', isInstalled: false });
    } finally {
      folder.close();
    }
  } catch (fault) {
    if (fault instanceof TooMany || isAccess(fault) || isGone(fault)) return undefined;
    throw fault;
  }
  return walk.tree;
}

type Place = { readonly path: BytePath; readonly isInstalled: boolean };

class Walk {
  readonly tree = new Map<BytePath, TreeEntry>();
  readonly #options: SnapshotOptions;
  readonly #limits: Limits;
  readonly #apart: ReadonlySet<BytePath>;
  #newBytes = 0;
  #pathBytes = 0;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const start = `${options.root}/`;
    const inside = options.apart.filter((path) => path.startsWith(start));
    this.#apart = new Set(
      inside.map((path) => Buffer.from(path.slice(start.length)).toString('latin1')),
    );
  }

  folder(folder: OpenFolder, { path, isInstalled }: Place): void {
    const most = this.#limits.entries - this.tree.size;
    // One more shows that it is too much.
    const names = folder.names(most + 1);
    if (names.length > most) throw new TooMany();
    for (const name of names) {
      const below = childOf(path, name);
      const entry = this.#entryOf(folder, name, { path: below, isInstalled });
      if (entry === undefined) continue;
      this.#pathBytes += below.length;
      const { entries, pathBytes } = this.#limits;
      if (this.tree.size >= entries || this.#pathBytes > pathBytes) throw new TooMany();
      this.tree.set(below, entry);
      if (entry.kind === 'folder') this.#enter(folder, name, { path: below, isInstalled });
    }
  }

  #enter(folder: OpenFolder, name: BytePath, { path, isInstalled }: Place): void {
    const stat = folder.stat(name);
    const stamp = stat === undefined ? '' : stampOf(stat);
    if (path.split('/').length >= this.#limits.depth) {
      this.tree.set(path, { kind: 'left', why: 'deep', stamp });
      return;
    }
    let inner: OpenFolder;
    try {
      inner = folder.folder(name);
    } catch (fault) {
      if (!isAccess(fault) && !isGone(fault)) throw fault;
      this.tree.set(path, { kind: 'left', why: 'unreadable', stamp });
      return;
    }
    try {
      this.folder(inner, { path, isInstalled: isInstalled || INSTALLED.includes(name) });
    } finally {
      inner.close();
    }
  }

  #entryOf(folder: OpenFolder, name: BytePath, place: Place): TreeEntry | undefined {
    if (this.#apart.has(place.path)) return { kind: 'left', why: 'apart', stamp: 'apart' };
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const stat = folder.stat(name);
      if (stat === undefined) return undefined;
      if (stat.isDirectory()) return { kind: 'folder', mode: modeOf(stat) };
      if (!stat.isFile() && !stat.isSymbolicLink()) {
        return { kind: 'left', why: 'special', stamp: specialStampOf(stat) };
      }
      // A link there is started as often as a file is.
      if (place.isInstalled) return left('installed', stat);
      try {
        const entry = stat.isFile() ? this.#fileAt(folder, name, stat) : linkAt(folder, name);
        if (entry !== undefined) return entry;
      } catch (fault) {
        if (isAccess(fault)) return left('unreadable', stat);
        if (!isGone(fault)) throw fault;
      }
    }
    const stat = folder.stat(name);
    return stat && left('changing', stat);
  }

  /** Undefined where it changed while it was read. */
  #fileAt(folder: OpenFolder, name: BytePath, stat: BigIntStats): TreeEntry | undefined {
    const { known, objects } = this.#options;
    const size = Number(stat.size);
    if (size > this.#limits.fileBytes) return left('large', stat);
    const stamp = stampOf(stat);
    const described = { kind: 'file', mode: modeOf(stat), size, stamp } as const;
    const digest = known.digestOf(stamp);
    if (digest !== undefined && objects.has(digest)) return { ...described, digest };
    if (this.#newBytes + size > this.#limits.newBytes) return left('room', stat);
    const kept = this.#keep(folder.place(name), stamp, size);
    if (kept === undefined) return undefined;
    this.#newBytes += size;
    if (Number(stat.ctimeMs) < Date.now() - SETTLED_MS) known.learn(stamp, kept);
    return { ...described, digest: kept };
  }

  #keep(place: Buffer, stamp: string, size: number): string | undefined {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const descriptor = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const isStill = (): boolean => stampOf(fstatSync(descriptor, { bigint: true })) === stamp;
    try {
      if (!isStill()) return undefined;
      const { objects } = this.#options;
      const digest =
        size <= SMALL_BYTES ? objects.put(readFileSync(descriptor)) : objects.putOpen(descriptor);
      return isStill() ? digest : undefined;
    } finally {
      closeSync(descriptor);
    }
  }
}

function linkAt(folder: OpenFolder, name: BytePath): TreeEntry {
  const target = readlinkSync(folder.place(name), { encoding: 'buffer' });
  return { kind: 'link', target: target.toString('latin1') };
}

function left(why: LeftOut, stat: BigIntStats): TreeEntry {
  return { kind: 'left', why, stamp: stampOf(stat) };
}

function codeOf(fault: unknown): unknown {
  return (fault as NodeJS.ErrnoException).code;
}

function isAccess(fault: unknown): boolean {
  return ['EACCES', 'EPERM', 'EIO'].includes(String(codeOf(fault)));
}

/** It went, or became something else, after it was seen. */
function isGone(fault: unknown): boolean {
  return ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'EINVAL'].includes(String(codeOf(fault)));
}
