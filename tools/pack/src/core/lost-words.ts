/** What a module says that is no longer so once modules are joined. */
const LOST = [
  {
    words: /\bimport\.meta\.(dirname|filename)\b/g,
    why: "asks for its own place, which is not kept; use new URL('…', import.meta.url)",
  },
  {
    // A bundler keeps of a module what somebody uses.
    words: /^import '(?:\.{1,2}\/|#|@ioi\/)/gm,
    why: 'imports a module for what it does, which is left out; call a function of it',
  },
];

/** Where it says so, and why that does not do. */
export function lostWords(text: string): { readonly index: number; readonly why: string }[] {
  return LOST.flatMap(({ words, why }) =>
    [...text.matchAll(words)].map(({ index }) => ({ index, why })),
  );
}
