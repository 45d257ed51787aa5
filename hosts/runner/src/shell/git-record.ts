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
/** An entry has 64 KiB, and says each twice: as it was asked for and as it happened. */
const MOST_BYTES = 24_000;
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
    for (const found of looks.flatMap((each) => partsOf(each, this.#told))) {
      if (!(await this.#tell({ found }))) this.#failed();
    }
    if (asked !== undefined) await this.#tell({ look: asked });
  }

  #failed(): void {
    this.#isWhole = false;
  }
}

/** As many as fit into one entry each. */
export function partsOf(look: Look, hooked: ReadonlySet<string>): RunCommitsFound[] {
  const { repository, more } = look;
  const empty = { repository, refs: [], commits: [], more: 0 };
  const parts: Part[] = [{ ...empty, refs: [], commits: [], more }];
  let bytes = 0;
  const put = <T>(item: T, listOf: (part: Part) => T[]): void => {
    const size = Buffer.byteLength(JSON.stringify(item));
    const last = parts.at(-1);
    const isFull = last === undefined || listOf(last).length >= MOST_IN_ONE;
    const part = isFull || bytes + size > MOST_BYTES ? { ...empty, refs: [], commits: [] } : last;
    if (part !== last) parts.push(part);
    bytes = part === last ? bytes + size : size;
    listOf(part).push(item);
  };
  for (const each of look.refs) put(each, ({ refs }) => refs);
  for (const each of look.commits) {
    const found = hooked.has(each.commit) ? 'hook' : 'comparison';
    put({ ...each, found }, ({ commits }) => commits);
  }
  return parts;
}

type Part = RunCommitsFound & {
  readonly refs: RunCommitsFound['refs'][number][];
  readonly commits: RunCommitsFound['commits'][number][];
};

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
