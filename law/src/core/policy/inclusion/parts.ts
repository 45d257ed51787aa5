import { isWithin } from '../path.ts';
import { foldCase, likeAscii } from '../path-case.ts';

/**
 * A component of an entry as it fits names: of an ALLOW rule as it stands, of a guard in upper and
 * lower case, which is marked, since a place holds no NUL.
 */
const FOLDED = '\0';

export function guardPart(component: string): string {
  if (isFolded(component)) return component;
  const folded = foldCase(component);
  return folded.toUpperCase() === folded ? component : FOLDED + folded;
}

/** Letters beyond ASCII have more spellings than are known here. */
export function isSpellable(component: string): boolean {
  return /^[\0-\x7f]*$/.test(component) || guardPart(component) === component;
}

export function isFolded(part: string): boolean {
  return part.startsWith(FOLDED);
}

/** What it consists of, without the mark. */
export function textOf(part: string): string {
  return isFolded(part) ? part.slice(FOLDED.length) : part;
}

export function fitsPart(part: string, name: string): boolean {
  return isWithin([isFolded(part) ? foldCase(name) : name], [textOf(part)]);
}

/** Every character that one of the part fits, alone or with others. */
export function spellingsOf(character: string): readonly string[] {
  const alike = [...likeAscii].filter((each) => foldCase(each).includes(character));
  return [character, character.toUpperCase(), ...alike];
}

/** A name that a guard without wildcards fits and that is none of `taken`, which all fit it. */
export function untakenSpelling(part: string, taken: ReadonlySet<string>): string | undefined {
  const text = textOf(part);
  if (!taken.has(text)) return text;
  // One more than are taken is enough, and each beginning has an end of its own.
  let names = [''];
  for (const character of text) {
    const alone = spellingsOf(character).filter((each) => foldCase(each) === character);
    names = names.flatMap((name) => [...new Set(alone)].map((each) => name + each));
    names = names.slice(0, taken.size + 1);
  }
  return names.find((name) => !taken.has(name));
}
