import type { Components, PathPattern } from './path.ts';

const PLAIN = /^[\x20-\x40\x5b-\x7e]*$/;

/** All characters beyond ASCII that fold to ASCII letters, alone or with others. */
export const likeAscii: string =
  '\u00df\u0130\u0131\u0149\u017f\u01f0\u1e96\u1e97\u1e98\u1e99' +
  '\u1e9a\u1e9e\u212a\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06';

/**
 * A name as disks that do not tell upper from lower case compare it, which is how rules that
 * restrict compare names: `.ENV` is the guarded `.env` there, and the long s is an s. Each
 * character is folded by itself, so wildcards keep their meaning.
 */
export function foldCase(name: string): string {
  if (PLAIN.test(name)) return name;
  return name.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

/** The same components where nothing in them changes. */
export function foldComponents(components: Components): Components {
  return components.every((each) => foldCase(each) === each)
    ? components
    : components.map(foldCase);
}

export function foldPattern({ isAbsolute, components }: PathPattern): PathPattern {
  return { isAbsolute, components: foldComponents(components) };
}
