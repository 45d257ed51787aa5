import type { RecordCommits } from '@ioi/protocol';
import { type BytePath, childOf, textOf } from '../../core/index.ts';
import { findRepositories } from './find-repositories.ts';
import type { PackIndex } from './pack.ts';
import { BOUNDS, type Bounds, Repository } from './repository.ts';

/** A folder that a program may write: where it is, and what its repositories are called by. */
export type Place = { readonly at: string; readonly name: string };

export type Appeared = Omit<RecordCommits['commits'][number], 'found'>;

/** What came into one repository since it was looked at before. */
export type Look = Pick<RecordCommits, 'repository' | 'refs' | 'more'> & {
  readonly commits: readonly Appeared[];
};

export type GitLimits = Bounds & {
  /** Commits, and refs that moved, that are told of in all. */
  readonly told: number;
};

const USUAL: GitLimits = { ...BOUNDS, told: 5000 };
const LONGEST_REF = 512;
const LONGEST_AUTHOR = 128;
const LONGEST_PATH = 1024;
const MOST_PARENTS = 16;

type Stand = {
  refs: ReadonlyMap<string, string>;
  /** Of the first look: what is in it is not new. Undefined where nobody could list it. */
  readonly loose: ReadonlySet<string> | undefined;
  readonly packs: readonly PackIndex[] | undefined;
  readonly told: Set<string>;
};

/**
 * Watches the repositories of folders that a program may write, by looking: whatever git was told,
 * and whichever git it was, a commit lies somewhere. What lay there at the first look is not new.
 */
export class GitWatch {
  readonly #places: readonly Place[];
  readonly #limits: GitLimits;
  readonly #stands = new Map<string, Stand>();
  #left: number;
  #isCut = false;

  constructor(places: readonly Place[], until: number, limits: Partial<GitLimits> = {}) {
    this.#places = places;
    this.#limits = { ...USUAL, ...limits };
    this.#left = this.#limits.told;
    for (const { key, repository } of this.#found(until)) {
      this.#stands.set(key, this.#standOf(repository));
    }
  }

  /** Whether some folder, or repository, was too large to be looked at whole, ever. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Looks again; only repositories in which something came or moved are told of. */
  look(until: number): readonly Look[] {
    const looks: Look[] = [];
    for (const { key, repository, name } of this.#found(until)) {
      const before = this.#stands.get(key) ?? none();
      this.#stands.set(key, before);
      const look = this.#compare(repository, before, until);
      const isQuiet = look.commits.length === 0 && look.refs.length === 0 && look.more === 0;
      if (!isQuiet) looks.push({ repository: name, ...look });
    }
    return looks;
  }

  close(): void {
    for (const { packs } of this.#stands.values()) {
      for (const index of packs ?? []) index.close();
    }
    this.#stands.clear();
  }

  #found(until: number) {
    return this.#places.flatMap(({ at, name }) => {
      const { paths, isCut } = findRepositories(at, until);
      this.#isCut ||= isCut;
      return paths.map((path) => ({
        key: `${at}\0${path}`,
        repository: new Repository(at, path, this.#limits),
        name: shownPath(name, path),
      }));
    });
  }

  #standOf(repository: Repository): Stand {
    const { refs } = repository.refs();
    const loose = repository.loose();
    const packs = repository.indexes({ digits: repository.digitsOf(refs), isRead: false });
    if (loose === undefined || packs === undefined) this.#isCut = true;
    return { refs, loose, packs, told: new Set() };
  }

  #compare(repository: Repository, stand: Stand, until: number): Omit<Look, 'repository'> {
    const { refs, logged } = repository.refs();
    const moved = movesOf(stand.refs, refs);
    stand.refs = refs;
    const opening = { digits: repository.digitsOf(refs), isRead: true };
    const packs = repository.indexes(opening) ?? [];
    try {
      const walk = new Walk({ repository, stand, packs, until });
      // What is committed here lies by itself, until git packs it.
      for (const name of repository.loose() ?? []) walk.loose(name);
      for (const { ref, new: name } of moved) walk.from(name, ref);
      for (const name of logged) walk.from(name, '');
      if (walk.isCut) this.#isCut = true;
      const commits = walk.found.slice(0, this.#left);
      this.#left -= commits.length;
      const told = moved.slice(0, this.#left);
      this.#left -= told.length;
      const more = walk.found.length - commits.length + moved.length - told.length + walk.unread;
      return { refs: told.map(shownMove), commits: withRefs(commits, moved), more };
    } finally {
      for (const index of packs) index.close();
    }
  }
}

function none(): Stand {
  return { refs: new Map(), loose: new Set(), packs: [], told: new Set() };
}

type Walking = {
  readonly repository: Repository;
  readonly stand: Stand;
  readonly packs: readonly PackIndex[];
  readonly until: number;
};

/** Commits of one repository that were not there before, each once. */
class Walk {
  readonly found: Appeared[] = [];
  /** Begin as a commit does, and could not be read: too large, or not what their name says. */
  unread = 0;
  isCut = false;
  readonly #about: Walking;

  constructor(about: Walking) {
    this.#about = about;
  }

  loose(name: string): void {
    const { repository, stand } = this.#about;
    if (stand.loose?.has(name) !== false || stand.told.has(name) || this.#isLate()) return;
    if (!repository.isLooseCommit(name)) {
      // So that it is not read again: it is no commit, and never will be one.
      stand.told.add(name);
      return;
    }
    if (this.#take(name, '') !== undefined) return;
    stand.told.add(name);
    this.unread += 1;
  }

  /** From a commit to its parents, as far as they are new. */
  from(name: string, ref: string): void {
    const waiting = [name];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#isKnown(next) || this.#isLate()) continue;
      waiting.push(...(this.#take(next, ref) ?? []));
    }
  }

  #isLate(): boolean {
    if (Date.now() <= this.#about.until) return false;
    this.isCut = true;
    return true;
  }

  #isKnown(name: string): boolean {
    const { loose, packs, told } = this.#about.stand;
    if (told.has(name) || loose === undefined || packs === undefined) return true;
    return loose.has(name) || packs.some((each) => each.offsetOf(name) !== undefined);
  }

  /** Its parents; undefined where it is not here. */
  #take(name: string, ref: string): readonly string[] | undefined {
    const { repository, stand, packs } = this.#about;
    const commit = repository.commit(name, packs);
    if (commit === undefined) return undefined;
    stand.told.add(name);
    const { tree, parents, author, isSigned } = commit;
    this.found.push({
      commit: name,
      tree,
      parents: parents.slice(0, MOST_PARENTS),
      ref: textOf(ref).slice(0, LONGEST_REF).toWellFormed(),
      author: author.slice(0, LONGEST_AUTHOR).toWellFormed(),
      is_signed: isSigned,
    });
    return parents;
  }
}

type Move = Look['refs'][number];

function movesOf(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): Move[] {
  const nothing = (name: string): string => '0'.repeat(name.length);
  const moved = [...now].flatMap(([ref, name]): Move[] => {
    const old = before.get(ref);
    return old === name ? [] : [{ ref, old: old ?? nothing(name), new: name }];
  });
  const gone = [...before].flatMap(([ref, name]): Move[] => {
    return now.has(ref) ? [] : [{ ref, old: name, new: nothing(name) }];
  });
  return [...moved, ...gone];
}

/** A commit that lies by itself is told with the ref that names it, where one does. */
function withRefs(commits: readonly Appeared[], moved: readonly Move[]): readonly Appeared[] {
  const byName = new Map(moved.map((move) => [move.new, shownMove(move).ref]));
  return commits.map((each) => (each.ref ? each : { ...each, ref: byName.get(each.commit) ?? '' }));
}

function shownMove({ ref, ...names }: Move): Move {
  return { ref: textOf(ref).slice(0, LONGEST_REF).toWellFormed(), ...names };
}

function shownPath(name: string, path: BytePath): string {
  const shown = name === '' ? textOf(path) : childOf(name, textOf(path));
  return (shown.replace(/\/$/, '') || '.').slice(0, LONGEST_PATH).toWellFormed();
}
