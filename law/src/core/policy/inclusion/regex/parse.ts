import {
  ANY_CHAR,
  type CharSet,
  charSet,
  complement,
  DIGIT,
  hasChar,
  NEWLINE,
  SPACE,
  WORD,
} from './char-set.ts';
import type { Assertion, Expression } from './syntax.ts';

/**
 * Reads the part of RE2's syntax that is decided here. Undefined for everything else, such as
 * Unicode classes; never for a reason of time. The pattern is one that RE2 takes.
 */
export function parsePattern(source: string): Expression | undefined {
  const parser = new Parser(source);
  return parser.whole();
}

type Flags = { readonly i: boolean; readonly m: boolean; readonly s: boolean };

const NO_FLAGS: Flags = { i: false, m: false, s: false };
const ESCAPED: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: complement(DIGIT),
  s: SPACE,
  S: complement(SPACE),
  w: WORD,
  W: complement(WORD),
};
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'text_start',
  b: 'word',
  B: 'no_word',
  z: 'text_end',
};
/** The largest expression that is looked at, repetitions written out. */
const MOST_NODES = 4000;

class Parser {
  readonly #characters: readonly string[];
  #at = 0;
  #isForeign = false;
  #flags = NO_FLAGS;

  constructor(source: string) {
    this.#characters = [...source];
  }

  whole(): Expression | undefined {
    const expression = this.#choice();
    const isRead = !this.#isForeign && this.#at === this.#characters.length;
    return isRead && sizeOf(expression) <= MOST_NODES ? expression : undefined;
  }

  get #next(): string | undefined {
    return this.#isForeign ? undefined : this.#characters[this.#at];
  }

  #take(text: string): boolean {
    const ahead = this.#characters.slice(this.#at, this.#at + text.length).join('');
    if (ahead !== text) return false;
    this.#at += text.length;
    return true;
  }

  #foreign(): Expression {
    this.#isForeign = true;
    return { kind: 'sequence', parts: [] };
  }

  #choice(): Expression {
    const before = this.#flags;
    const parts = [this.#sequence()];
    while (this.#next === '|') {
      this.#at += 1;
      parts.push(this.#sequence());
    }
    this.#flags = before;
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'choice', parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') {
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return { kind: 'sequence', parts };
  }

  /** Undefined for what only sets flags. */
  #atom(): Expression | undefined {
    if (this.#take('\\Q')) return this.#quoted();
    const character = this.#characters[this.#at] as string;
    this.#at += 1;
    const { m, s } = this.#flags;
    switch (character) {
      case '.':
        return { kind: 'set', set: s ? ANY_CHAR : complement(NEWLINE) };
      case '^':
        return { kind: 'assertion', assertion: m ? 'line_start' : 'text_start' };
      case '$':
        return { kind: 'assertion', assertion: m ? 'line_end' : 'text_end' };
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escaped();
      case '*':
      case '+':
      case '?':
        return this.#foreign();
      default:
        return this.#literal(character.codePointAt(0) as number);
    }
  }

  #literal(point: number): Expression {
    return { kind: 'set', set: this.#folded([[point, point]]) };
  }

  #quoted(): Expression {
    const parts: Expression[] = [];
    while (this.#next !== undefined && !this.#take('\\E')) {
      parts.push(this.#literal(this.#next.codePointAt(0) as number));
      this.#at += 1;
    }
    // What repeats `\Q…\E` repeats its last character only.
    return /^[*+?{]$/.test(this.#next ?? '') ? this.#foreign() : { kind: 'sequence', parts };
  }

  #group(): Expression | undefined {
    const before = this.#flags;
    if (this.#take('?')) {
      const rest = this.#characters.slice(this.#at, this.#at + 64).join('');
      const name = /^P?<[A-Za-z0-9_]+>/.exec(rest)?.[0];
      const flags = /^([ims]*)(?:-([ims]+))?([:)])/.exec(rest);
      if (name !== undefined) this.#at += name.length;
      else if (flags === null) return this.#foreign();
      else {
        this.#at += flags[0].length;
        this.#flags = changed(before, flags[1] ?? '', flags[2] ?? '');
        if (flags[3] === ')') return undefined;
      }
    }
    const inner = this.#choice();
    this.#flags = before;
    return this.#take(')') ? inner : this.#foreign();
  }

  #escaped(): Expression {
    const name = this.#next ?? '';
    const assertion = Object.hasOwn(ASSERTIONS, name) ? ASSERTIONS[name] : undefined;
    if (assertion !== undefined) {
      this.#at += 1;
      return { kind: 'assertion', assertion };
    }
    const set = this.#escapedSet();
    return set === undefined ? this.#foreign() : { kind: 'set', set: this.#folded(set) };
  }

  /** What stands after a backslash, inside a class or outside. */
  #escapedSet(): CharSet | undefined {
    const name = this.#next;
    if (name === undefined) return undefined;
    this.#at += 1;
    // Where case does not count, RE2 folds before it negates.
    if (name === 'W' && this.#flags.i) return undefined;
    if (Object.hasOwn(CLASSES, name)) return CLASSES[name];
    const known = Object.hasOwn(ESCAPED, name) ? ESCAPED[name] : undefined;
    if (known !== undefined) return [[known, known]];
    if (name === 'x') {
      const rest = this.#characters.slice(this.#at, this.#at + 8).join('');
      const digits = /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(rest);
      if (digits === null) return undefined;
      this.#at += digits[0].length;
      const point = Number.parseInt(digits[1] ?? digits[2] ?? '', 16);
      return [[point, point]];
    }
    const point = name.codePointAt(0) as number;
    return /^[!-/:-@[-`{-~]$/.test(name) ? [[point, point]] : undefined;
  }

  #class(): Expression {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || this.#next !== ']'; isFirst = false) {
      if (this.#next === undefined || (this.#next === '[' && this.#isNamedClass())) {
        return this.#foreign();
      }
      const from = this.#classItem();
      if (from === undefined) return this.#foreign();
      const isRange = this.#next === '-' && this.#characters[this.#at + 1] !== ']';
      if (!isRange) {
        ranges.push(...from);
        continue;
      }
      this.#at += 1;
      const to = this.#classItem();
      const [low, high] = [from[0]?.[0], to?.[0]?.[0]];
      if (from.length + (to?.length ?? 0) !== 2 || low === undefined || high === undefined) {
        return this.#foreign();
      }
      if (from[0]?.[1] !== low || to?.[0]?.[1] !== high || high < low) return this.#foreign();
      ranges.push([low, high]);
    }
    this.#at += 1;
    const set = this.#folded(charSet(ranges));
    return { kind: 'set', set: isNegated ? complement(set) : set };
  }

  #isNamedClass(): boolean {
    return this.#characters[this.#at + 1] === ':';
  }

  #classItem(): CharSet | undefined {
    const character = this.#next;
    if (character === undefined) return undefined;
    this.#at += 1;
    if (character === '\\') return this.#escapedSet();
    const point = character.codePointAt(0) as number;
    return [[point, point]];
  }

  /** Both cases of letters where case does not count; only known here for ASCII. */
  #folded(given: readonly (readonly [number, number])[]): CharSet {
    const set = charSet(given);
    if (!this.#flags.i) return set;
    if (set.some(([, to]) => to > 0x7f && to !== 0x10ffff)) this.#isForeign = true;
    const more: (readonly [number, number])[] = [];
    for (let upper = 0x41; upper <= 0x5a; upper += 1) {
      const lower = upper + 32;
      if (hasChar(set, upper)) more.push([lower, lower]);
      if (hasChar(set, lower)) more.push([upper, upper]);
    }
    // The two letters beyond ASCII that fold into it: long s and the sign of the kelvin.
    if (hasChar(set, 0x53) || hasChar(set, 0x73)) more.push([0x17f, 0x17f]);
    if (hasChar(set, 0x4b) || hasChar(set, 0x6b)) more.push([0x212a, 0x212a]);
    return charSet([...set, ...more]);
  }

  #repeated(atom: Expression): Expression {
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('');
    const sign = /^(?:([*+?])|\{([0-9]{1,4})(,([0-9]{1,4})?)?\})\??/.exec(rest);
    if (sign === null) return atom;
    this.#at += sign[0].length;
    if (/^[*+?]/.test(this.#next ?? '')) return this.#foreign();
    const [, mark, low, comma, high] = sign;
    if (mark !== undefined) {
      const least = mark === '+' ? 1 : 0;
      return { kind: 'repeat', part: atom, least, most: mark === '?' ? 1 : undefined };
    }
    const least = Number(low);
    const most = comma === undefined ? least : high === undefined ? undefined : Number(high);
    return { kind: 'repeat', part: atom, least, most };
  }
}

function changed(flags: Flags, on: string, off: string): Flags {
  const after = (name: keyof Flags): boolean =>
    !off.includes(name) && (flags[name] || on.includes(name));
  return { i: after('i'), m: after('m'), s: after('s') };
}

function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case 'set':
    case 'assertion':
      return 1;
    case 'repeat': {
      const { part, least, most } = expression;
      return 1 + sizeOf(part) * Math.max(least + 1, most ?? 0);
    }
    default:
      return expression.parts.reduce((sum, part) => sum + sizeOf(part), 1);
  }
}
