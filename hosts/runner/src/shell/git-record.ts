import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunCommitsFound } from '@ioi/protocol';
import { GitWatch, type Look, type Place } from '@ioi/workspace/shell';

type Tell = (said: {
  readonly found?: RunCommitsFound;
  readonly look?: number;
}) => Promise<boolean>;

/** Hooks tell of each of many; a look is taken for all of a while. */
const PAUSE_MS = 500;
/** A look may take this part of the time. */
const SHARE = 10;
const LOOK_MS = 10_000;
const MOST_IN_ONE = 32;
const MOST_TOLD_NAMES = 100_000;

/**
 * Has the log tell of commits that come into the repositories a program may write. When it looks is
 * said by hooks, by the node when something is pushed, and by the end; what it believes is what it
 * reads.
 */
export class GitRecord {
  readonly #watch: GitWatch;
  readonly #tell: Tell;
  /** What hooks told of: it says how something was found, and nothing else. */
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = PAUSE_MS;
  #last: Promise<unknown> = Promise.resolve();
  #isWhole = true;

  constructor(places: readonly Place[], tell: Tell) {
    this.#watch = new GitWatch(places, Date.now() + LOOK_MS);
    this.#tell = tell;
  }

  hooked(names: readonly string[]): void {
    for (const name of names) if (this.#told.size < MOST_TOLD_NAMES) this.#told.add(name);
    this.#timer ??= setTimeout(() => void this.look(), this.#pauseMs);
  }

  /** One after the other; `asked` is the node's word for a look that it waits for. */
  look(asked?: number, isWhole = asked !== undefined): Promise<unknown> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = this.#last.then(() => this.#look(asked, isWhole)).catch(() => this.#failed());
    return this.#last;
  }

  /** Gives whether everything that was found is in the log, and everything was looked at. */
  async end(): Promise<{ readonly isWhole: boolean; readonly isCut: boolean }> {
    await this.look(undefined, true);
    const { isCut } = this.#watch;
    this.#watch.close();
    return { isWhole: this.#isWhole, isCut };
  }

  async #look(asked: number | undefined, isWhole: boolean): Promise<void> {
    const began = Date.now();
    const looks = this.#watch.look(began + LOOK_MS, isWhole);
    this.#pauseMs = Math.max(PAUSE_MS, (Date.now() - began) * SHARE);
    for (const found of looks.flatMap((each) => this.#partsOf(each))) {
      if (!(await this.#tell({ found }))) this.#failed();
    }
    if (asked !== undefined) await this.#tell({ look: asked });
  }

  #partsOf({ repository, refs, commits, more }: Look): RunCommitsFound[] {
    const count = Math.ceil(Math.max(refs.length, commits.length, 1) / MOST_IN_ONE);
    return Array.from({ length: count }, (_, nth) => {
      const [from, to] = [nth * MOST_IN_ONE, (nth + 1) * MOST_IN_ONE];
      const own = commits.slice(from, to).map((each) => {
        const found = this.#told.has(each.commit) ? ('hook' as const) : ('comparison' as const);
        return { ...each, found };
      });
      return { repository, refs: refs.slice(from, to), commits: own, more: nth === 0 ? more : 0 };
    });
  }

  #failed(): void {
    this.#isWhole = false;
  }
}

type Written = { readonly write: readonly string[]; readonly homeFrom: string };
type StandIns = readonly { readonly from: string; readonly to: string }[];

/** Where repositories may be: folders that it may write, or their copies, and its home. */
export function placesOf({ write, homeFrom }: Written, standIns: StandIns): Place[] {
  const roots = write.map((root, nth) => {
    const at = standIns.find(({ to }) => to === root)?.from ?? root;
    return { at, name: nth === write.length - 1 ? '' : basename(root) };
  });
  // Of a folder in another one what is found is found there.
  const outer = roots.filter(({ at }) => !roots.some((each) => at.startsWith(`${each.at}/`)));
  const home = existsSync(homeFrom) ? [{ at: homeFrom, name: '~' }] : [];
  return [...outer, ...home];
}

/** Says what of it the log does not tell. */
export async function endGit(git: GitRecord | undefined): Promise<void> {
  const { isWhole, isCut } = (await git?.end()) ?? { isWhole: true, isCut: false };
  if (!isWhole) console.error('ioi: commits of it are NOT all in the log');
  if (isCut)
    console.error('ioi: not every repository was looked at whole: it holds too much, or is closed');
}
