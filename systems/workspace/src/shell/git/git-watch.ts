import type { RecordCommits } from '@ioi/protocol';
import { type BytePath, childOf, textOf } from '../../core/index.ts';
import { findRepositories } from './find-repositories.ts';
import type { PackIndex } from './pack.ts';
import { Allowance, BOUNDS, type Bounds, Repository } from './repository.ts';

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
  /** Lay by themselves and were no commits when they were read: whoever writes may change that. */
  readonly passed: Set<string>;
  /** Of the first look: it stays, whatever becomes of its folder. */
  readonly isFirst: boolean;
};

/**
 * Watches the repositories of folders that a program may write, by looking: whatever git was told,
 * and whichever git it was, a commit lies somewhere. What lay there at the first look is not new.
 */
export class GitWatch {
  readonly #places: readonly Place[];
  readonly #limits: GitLimits;
  readonly #stands = new Map<string, Stand>();
  /** Places of which the first look did not see all: what is found there later may be old. */
  readonly #unseen = new Set<string>();
  #left: number;
  #isCut = false;

  constructor(places: readonly Place[], until: number, limits: Partial<GitLimits> = {}) {
    this.#places = places;
    this.#limits = { ...USUAL, ...limits };
    this.#left = this.#limits.told;
    const allowance = this.#allowanceUntil(until);
    for (const { key, repository } of this.#found(allowance, until, this.#unseen)) {
      this.#stands.set(key, this.#standOf(repository, true));
    }
    this.#isCut ||= allowance.isCut;
  }

  /** Whether some folder, or repository, was too large to be looked at whole, ever. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * Looks again; only repositories in which something came or moved are told of. The last look, and
   * one that somebody waits for, reads what was no commit before once more.
   */
  look(until: number, isWhole = false): readonly Look[] {
    const looks: Look[] = [];
    const allowance = this.#allowanceUntil(until);
    const [seen, givenUp] = [new Set<string>(), new Set<string>()];
    for (const { key, at, repository, name } of this.#found(allowance, until, givenUp)) {
      seen.add(key);
      const before = this.#stands.get(key);
      if (before === undefined && this.#unseen.has(at)) {
        this.#stands.set(key, this.#standOf(repository, false));
        continue;
      }
      const stand = before ?? none();
      this.#stands.set(key, stand);
      const look = this.#compare({ repository, stand, until, isWhole });
      const isQuiet = look.commits.length === 0 && look.refs.length === 0 && look.more === 0;
      if (!isQuiet) looks.push({ repository: name, ...look });
    }
    if (givenUp.size === 0) this.#forget(seen);
    this.#isCut ||= allowance.isCut;
    return looks;
  }

  /** Repositories that are made and moved without end are not all remembered. */
  #forget(seen: ReadonlySet<string>): void {
    for (const [key, { isFirst, packs }] of this.#stands) {
      if (isFirst || seen.has(key)) continue;
      for (const index of packs ?? []) index.close();
      this.#stands.delete(key);
    }
  }

  close(): void {
    for (const { packs } of this.#stands.values()) {
      for (const index of packs ?? []) index.close();
    }
    this.#stands.clear();
  }

  #allowanceUntil(until: number): Allowance {
    return new Allowance(until, this.#limits.allNames);
  }

  #found(allowance: Allowance, until: number, givenUp: Set<string>) {
    return this.#places.flatMap(({ at, name }) => {
      const { paths, isCut, isGivenUp } = findRepositories(at, until);
      if (isCut) allowance.isCut = true;
      if (isGivenUp) givenUp.add(at);
      const looking = { bounds: this.#limits, allowance };
      return paths.map((path) => ({
        ...{ key: `${at}\0${path}`, at },
        repository: new Repository(at, path, looking),
        name: shownPath(name, path),
      }));
    });
  }

  #standOf(repository: Repository, isFirst: boolean): Stand {
    const { refs } = repository.refs();
    const loose = repository.loose();
    const packs = repository.indexes(false);
    if (loose === undefined || packs === undefined) this.#isCut = true;
    return { refs, loose, packs, told: new Set(), passed: new Set(), isFirst };
  }

  #compare(about: Comparing): Omit<Look, 'repository'> {
    const { repository, stand } = about;
    const { refs: read, logged, isWhole } = repository.refs();
    // What was not read is not gone.
    const refs = isWhole ? read : new Map([...stand.refs, ...read]);
    const moved = movesOf(stand.refs, refs);
    stand.refs = refs;
    const packs = repository.indexes(true) ?? [];
    try {
      const walk = new Walk({ ...about, packs, most: this.#left });
      // What is committed here lies by itself, until git packs it.
      for (const name of repository.loose() ?? []) walk.loose(name);
      for (const { ref, new: name } of moved) walk.from(name, ref);
      for (const name of logged) walk.from(name, '');
      if (walk.isCut) this.#isCut = true;
      this.#left -= walk.found.length;
      const told = moved.slice(0, this.#left);
      this.#left -= told.length;
      const more = walk.beyond + moved.length - told.length + walk.unread;
      return { refs: told.map(shownMove), commits: withRefs(walk.found, moved), more };
    } finally {
      for (const index of packs) index.close();
    }
  }
}

function none(): Stand {
  const sets = { loose: new Set<string>(), told: new Set<string>(), passed: new Set<string>() };
  return { refs: new Map(), packs: [], ...sets, isFirst: false };
}

type Comparing = {
  readonly repository: Repository;
  readonly stand: Stand;
  readonly until: number;
  readonly isWhole: boolean;
};

type Walking = Comparing & {
  readonly packs: readonly PackIndex[];
  /** That are told of one by one. */
  readonly most: number;
};

/** Commits of one repository that were not there before, each once. */
class Walk {
  readonly found: Appeared[] = [];
  /** Found as well, when there were as many as are told of. */
  beyond = 0;
  /** Begin as a commit does, and could not be read: too large, or not what their name says. */
  unread = 0;
  isCut = false;
  readonly #about: Walking;

  constructor(about: Walking) {
    this.#about = about;
  }

  loose(name: string): void {
    const { repository, stand, isWhole } = this.#about;
    if (stand.loose?.has(name) !== false || stand.told.has(name)) return;
    const isPassed = stand.passed.has(name);
    if ((isPassed && !isWhole) || this.#isLate()) return;
    const isCommit = repository.isLooseCommit(name);
    if (isCommit && this.#take(name, '') !== undefined) return;
    stand.passed.add(name);
    if (isCommit && !isPassed) this.unread += 1;
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
    if (this.found.length >= this.#about.most) {
      this.beyond += 1;
      return parents;
    }
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
