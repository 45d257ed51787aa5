/**
 * A text that differs from the given one in letter case alone and is none of `taken`. Undefined
 * where there is none; `unknown` where letters beyond ASCII leave that open.
 */
export function anotherCase(
  text: string,
  taken: ReadonlySet<string>,
): { readonly found: string | undefined } | 'unknown' {
  const choices = [...text].map(spellingsOf);
  const most = choices.reduce((product, each) => Math.min(product * each.length, 1 << 30), 1);
  for (let which = 0; which < most && which <= taken.size + 1; which += 1) {
    let rest = which;
    const spelled = choices.map((each) => {
      const letter = each[rest % each.length] as string;
      rest = Math.floor(rest / each.length);
      return letter;
    });
    const found = spelled.join('');
    if (found !== text && !taken.has(found)) return { found };
  }
  return /^[\p{ASCII}]*$/u.test(text) ? { found: undefined } : 'unknown';
}

/** All that are the same in lower case. Beside ASCII that is the Kelvin sign, a `k`. */
function spellingsOf(character: string): readonly string[] {
  if (!/[A-Za-z]/.test(character)) return [character];
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  return lower === 'k' ? [upper, lower, '\u212a'] : [upper, lower];
}
