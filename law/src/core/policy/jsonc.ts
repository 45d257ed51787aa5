const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const STAR = 0x2a;
const COMMA = 0x2c;
const CLOSERS = '}]';
const SPACES = ' \t\n\r';

/**
 * JSON with comments and trailing commas as plain JSON of the same length, so that offsets keep
 * their meaning: what is taken out becomes spaces, line ends stay. Anything else is left as it
 * is for the strict reader to refuse.
 */
export function toPlainJson(text: string): string {
  const cuts: Cut[] = [];
  // The last two significant characters say whether a comma closes a list or stands alone.
  let last = -1;
  let beforeLast = -1;
  for (let at = 0; at < text.length; ) {
    const comment = commentEnd(text, at);
    if (comment > at) {
      cuts.push({ from: at, to: comment });
      at = comment;
      continue;
    }
    const character = text[at] ?? '';
    if (!SPACES.includes(character)) {
      if (CLOSERS.includes(character) && isTrailing(text, last, beforeLast)) {
        cuts.push({ from: last, to: last + 1 });
      }
      beforeLast = last;
      last = at;
    }
    at = text.charCodeAt(at) === QUOTE ? stringEnd(text, at) : at + 1;
  }
  return blank(text, cuts);
}

type Cut = { readonly from: number; readonly to: number };

function isTrailing(text: string, last: number, beforeLast: number): boolean {
  if (last < 0 || text.charCodeAt(last) !== COMMA || beforeLast < 0) return false;
  return !'[{,:'.includes(text[beforeLast] ?? '');
}

/** Past the comment that starts here; `at` itself when none does or it never ends. */
function commentEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== SLASH) return at;
  const next = text.charCodeAt(at + 1);
  if (next === STAR) {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? at : end + 2;
  }
  if (next !== SLASH) return at;
  let end = at + 2;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return end;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

function blank(text: string, cuts: readonly Cut[]): string {
  if (cuts.length === 0) return text;
  const parts: string[] = [];
  let kept = 0;
  for (const cut of [...cuts].sort((left, right) => left.from - right.from)) {
    parts.push(text.slice(kept, cut.from));
    parts.push(text.slice(cut.from, cut.to).replace(/[^\n\r]/g, ' '));
    kept = cut.to;
  }
  parts.push(text.slice(kept));
  return parts.join('');
}
