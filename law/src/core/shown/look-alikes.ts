const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
];
const WORD = /[\p{L}\p{M}]+/gu;
/** Letters in other clothes: full width, mathematical, circled. */
const DRESSED = /[\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9]|[\u{1d400}-\u{1d7ff}]/u;
const MOST_NAMED = 5;

/**
 * Words whose letters come from scripts that look alike, and letters in other clothes: `pаypal`
 * with a Cyrillic letter is one. At most five are named, each once.
 */
export function mixedScripts(text: string): string[] {
  const found = new Set<string>();
  for (const [word] of text.matchAll(WORD)) {
    if (found.size >= MOST_NAMED) break;
    const scripts = SCRIPTS.filter(([, letters]) => letters.test(word));
    if (scripts.length > 1 || DRESSED.test(word)) found.add(word);
  }
  return [...found];
}
