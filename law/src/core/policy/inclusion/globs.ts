import type { Pausing } from '@ioi/basis';
import { isWithin } from '../path.ts';
import { foldCase } from '../path-case.ts';
import { fitsPart, guardPart, isFolded, spellingsOf, textOf, untakenSpelling } from './parts.ts';
import type { Work } from './work.ts';

/** What the entries expect as the next component of a path. */
export type Expected = {
  readonly names: ReadonlySet<string>;
  /** Parts of guards without wildcards: names in upper and lower case. */
  readonly guards: ReadonlySet<string>;
  /** Parts with wildcards. */
  readonly wildcards: readonly string[];
};

/**
 * Names of one path component: for every combination of parts that some name fits, one such name
 * that is none of `names`. What consists of `*` alone fits every name and is left out.
 */
export function* nameClasses(
  { names, guards, wildcards }: Expected,
  work: Work,
): Pausing<readonly string[]> {
  const globs = [...new Set(wildcards)].filter((each) => /[^*]/.test(each));
  const steps = (1 + names.size) * (1 + globs.length) + guards.size * (1 + globs.length);
  if (!work.spend(steps / 8)) return [];
  const fresh = freshName({ names, guards, wildcards: globs });
  const mingled = new Set(
    globs.length === 0
      ? []
      : [...guards].filter((guard) => globs.some((glob) => mayShare(glob, guard))),
  );
  const spellings = spellingsTaken(names, guards);
  const spelt = [...guards]
    .filter((guard) => !mingled.has(guard))
    .map((guard) => untakenSpelling(guard, spellings.get(guard) ?? NONE))
    .filter((name) => name !== undefined);
  return [fresh, ...spelt, ...(yield* mixedNames([...globs, ...mingled], names, work))];
}

const NONE: ReadonlySet<string> = new Set();

/** Names that fit a guard, by the guard. */
function spellingsTaken(
  names: ReadonlySet<string>,
  guards: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const taken = new Map<string, Set<string>>();
  if (guards.size === 0) return taken;
  for (const name of names) {
    const guard = guardPart(name);
    if (!guards.has(guard)) continue;
    const spelt = taken.get(guard);
    if (spelt === undefined) taken.set(guard, new Set([name]));
    else spelt.add(name);
  }
  return taken;
}

/** Whether some name may fit both, in some spelling. */
function mayShare(glob: string, guard: string): boolean {
  return isWithin([textOf(guard)], [foldCase(textOf(glob))]);
}

function* mixedNames(
  parts: readonly string[],
  taken: ReadonlySet<string>,
  work: Work,
): Pausing<Iterable<string>> {
  if (parts.length === 0) return [];
  const literals = [...taken].filter((name) => parts.some((part) => fitsPart(part, name)));
  const machine = new NameMachine([...parts, ...literals, '.', '..']);
  const names = new Map<string, string>();
  const isTaken = new Set([...literals, '.', '..', '']);
  for (const name of machine.names(work)) {
    if (work.isDue()) yield;
    if (isTaken.has(name)) continue;
    const fitting = parts.filter((part) => fitsPart(part, name)).join('/');
    if (fitting !== '' && !names.has(fitting)) names.set(fitting, name);
  }
  return names.values();
}

/** A name that nothing fits. */
function freshName({ names, guards, wildcards }: Expected): string {
  const isFree = (name: string): boolean =>
    !names.has(name) &&
    !guards.has(guardPart(name)) &&
    !wildcards.some((part) => fitsPart(part, name));
  return isFree('any') ? 'any' : unusedCharacter([...names, ...guards, ...wildcards]).repeat(3);
}

function unusedCharacter(texts: readonly string[]): string {
  const used = new Set(texts.join(''));
  for (let code = 0x61; ; code += code === 0x7a ? 0x4e00 - 0x7a : 1) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) return character;
  }
}

/** What names are compared with, character by character. */
type Pattern = { readonly characters: readonly string[]; readonly isFolded: boolean };

/** Places in a pattern that have been reached; its length when all of it has. */
type Places = readonly number[];

/** Reads names character by character and tells when two fit the same wildcards ever after. */
class NameMachine {
  readonly #patterns: readonly Pattern[];
  readonly #alphabet: readonly string[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((each) => {
      return { characters: [...textOf(each)], isFolded: isFolded(each) };
    });
    const characters = this.#patterns.flatMap((each) =>
      each.isFolded ? each.characters.flatMap(spellingsOf) : each.characters,
    );
    const fresh = unusedCharacter([...patterns, ...characters]);
    this.#alphabet = [...new Set([...characters, fresh])].filter((each) => each !== '*');
  }

  /** One shortest name for each state that names lead to. */
  *names(work: Work): Generator<string> {
    const start = this.#patterns.map(({ characters }) => settle(characters, [0]));
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

function step({ characters, isFolded }: Pattern, places: Places, read: string): Places {
  let reached = places;
  for (const character of isFolded ? foldCase(read) : read) {
    const next = reached.flatMap((place) => {
      if (characters[place] === '*') return [place];
      return characters[place] === character ? [place + 1] : [];
    });
    reached = settle(characters, next);
  }
  return reached;
}

/** A `*` may also stand for nothing. */
function settle(pattern: readonly string[], places: Places): Places {
  const reached = new Set(places);
  for (const place of reached) if (pattern[place] === '*') reached.add(place + 1);
  return [...reached].sort((left, right) => left - right);
}

function keyOf(state: readonly Places[]): string {
  return state.map((places) => places.join('.')).join(',');
}
