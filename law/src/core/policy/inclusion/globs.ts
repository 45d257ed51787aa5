import { isWithin } from '../path.ts';
import type { Pausing, Work } from './work.ts';

/**
 * Names of one path component: for every combination of wildcards that some name fits, one such
 * name that is none of `taken`. What consists of `*` alone fits every name and is left out.
 */
export function* nameClasses(
  wildcards: readonly string[],
  taken: ReadonlySet<string>,
  work: Work,
): Pausing<readonly string[]> {
  const globs = [...new Set(wildcards)].filter((each) => /[^*]/.test(each));
  if (!work.spend(((1 + taken.size) * (1 + globs.length)) / 8)) return [];
  const fresh = freshName(globs, taken);
  if (globs.length === 0) return [fresh];
  const literals = [...taken].filter((name) => globs.some((glob) => isWithin([name], [glob])));
  const machine = new NameMachine([...globs, ...literals, '.', '..']);
  const names = new Map<string, string>();
  const isTaken = new Set([...literals, '.', '..', '']);
  for (const name of machine.names(work)) {
    if (work.isDue()) yield;
    if (isTaken.has(name)) continue;
    const fitting = globs.filter((glob) => isWithin([name], [glob])).join('/');
    if (fitting !== '' && !names.has(fitting)) names.set(fitting, name);
  }
  return [fresh, ...names.values()];
}

/** A name that no wildcard fits. */
function freshName(globs: readonly string[], taken: ReadonlySet<string>): string {
  const isFree = (name: string): boolean =>
    !taken.has(name) && !globs.some((glob) => isWithin([name], [glob]));
  return isFree('any') ? 'any' : unusedCharacter([...globs, ...taken]).repeat(3);
}

function unusedCharacter(texts: readonly string[]): string {
  const used = new Set(texts.join(''));
  for (let code = 0x61; ; code += code === 0x7a ? 0x4e00 - 0x7a : 1) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) return character;
  }
}

/** A wildcard pattern, character by character. */
type Pattern = readonly string[];

/** Places in a pattern that have been reached; its length when all of it has. */
type Places = readonly number[];

/** Reads names character by character and tells when two fit the same wildcards ever after. */
class NameMachine {
  readonly #patterns: readonly Pattern[];
  readonly #alphabet: readonly string[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => [...pattern]);
    const characters = patterns.join('').replaceAll('*', '');
    this.#alphabet = [...new Set([...characters, unusedCharacter(patterns)])];
  }

  /** One shortest name for each state that names lead to. */
  *names(work: Work): Generator<string> {
    const start = this.#patterns.map((pattern) => settle(pattern, [0]));
    const seen = new Set([keyOf(start)]);
    const waiting = [{ name: '', state: start }];
    for (let at = 0; at < waiting.length; at += 1) {
      const { name, state } = waiting[at] as (typeof waiting)[number];
      yield name;
      for (const character of this.#alphabet) {
        if (!work.spend(1 + this.#patterns.length)) return;
        const next = state.map((places, which) =>
          step(this.#patterns[which] as Pattern, places, character),
        );
        const key = keyOf(next);
        if (seen.has(key)) continue;
        seen.add(key);
        waiting.push({ name: name + character, state: next });
      }
    }
  }
}

function step(pattern: Pattern, places: Places, character: string): Places {
  const next = places.flatMap((place) => {
    if (pattern[place] === '*') return [place];
    return pattern[place] === character ? [place + 1] : [];
  });
  return settle(pattern, next);
}

/** A `*` may also stand for nothing. */
function settle(pattern: Pattern, places: Places): Places {
  const reached = new Set(places);
  for (const place of reached) if (pattern[place] === '*') reached.add(place + 1);
  return [...reached].sort((left, right) => left - right);
}

function keyOf(state: readonly Places[]): string {
  return state.map((places) => places.join('.')).join(',');
}
