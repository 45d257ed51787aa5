const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
];
const LATIN = /\p{Script=Latin}/u;
const WORD = /[\p{L}\p{M}\u24b6-\u24e9]+/gu;
/** A host, a file, a name: words with what joins them. */
const NAME = /[\p{L}\p{M}\u24b6-\u24e9\p{N}._-]+/gu;
/** Letters in other clothes: full width, mathematical, circled. */
const DRESSED = /[\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9]|[\u{1d400}-\u{1d7ff}]/u;
/** Letters of other scripts that are drawn as Latin ones, and nothing else. */
const AS_LATIN = new RegExp(
  '^[' +
    '\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0443\u0475\u0445' +
    '\u051d\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0423' +
    '\u0425\u0474\u051c\u04ae\u04c0\u03bf\u03bd\u03f2\u03f3\u0391\u0392\u0395\u0396\u0397\u0399' +
    '\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0585\u057d\u0570\u0578' +
    ']+$',
  'u',
);
const MOST_NAMED = 5;

/**
 * Words whose letters come from scripts that look alike, and letters in other clothes: `pаypal`
 * with a Cyrillic letter is one. In a name that is Latin otherwise, words that only look so as
 * well. At most five are named, each once.
 */
export function mixedScripts(text: string): string[] {
  const found = new Set<string>();
  for (const [name] of text.matchAll(NAME)) {
    if (found.size >= MOST_NAMED) break;
    for (const word of suspectsIn(name)) found.add(word);
  }
  return [...found].slice(0, MOST_NAMED);
}

function suspectsIn(name: string): string[] {
  const words = name.match(WORD) ?? [];
  const others = words.filter((word) => !LATIN.test(word));
  const isLatin = others.length < words.length && others.every((word) => AS_LATIN.test(word));
  return words.filter((word) => isMixed(word) || (isLatin && AS_LATIN.test(word)));
}

function isMixed(word: string): boolean {
  const scripts = SCRIPTS.filter(([, letters]) => letters.test(word));
  return scripts.length > 1 || DRESSED.test(word);
}
