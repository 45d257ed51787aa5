/** `name(key = value, …)` with nothing but literal texts, lists and names of constants. */
export type LiteralCall = {
  readonly name: string;
  readonly values: ReadonlyMap<string, Literal>;
  /** From 1. */
  readonly line: number;
  readonly text: string;
};

export type Literal = string | readonly Literal[];

const MOST_CHARACTERS = 1024 * 1024;
const DEEPEST = 8;
const TOKENS = [
  /[ \t\r\n]+|#[^\n]*|[A-Za-z_][A-Za-z0-9_]*|[()[\],=]/,
  /"(?:[^"\\\n]|\\[^\n])*"/,
  /'(?:[^'\\\n]|\\[^\n])*'/,
];

type Token = { readonly text: string; readonly at: number; readonly end: number };

/** Reads a Starlark file that is a list of such calls; undefined for every other. */
export function readLiteralCalls(text: string): readonly LiteralCall[] | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const reader = new CallReader(text, tokens);
  const calls: LiteralCall[] = [];
  while (!reader.isAtEnd) {
    const call = reader.call();
    if (call === undefined) return undefined;
    calls.push(call);
  }
  return calls;
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKENS.map(({ source }) => source).join('|'), 'y');
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return undefined;
    if (!/^[\s#]/.test(found)) tokens.push({ text: found, at, end: at + found.length });
  }
  return tokens;
}

class CallReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  call(): LiteralCall | undefined {
    const first = this.#tokens[this.#next];
    const name = this.#name();
    if (first === undefined || name === undefined || !this.#take('(')) return undefined;
    const values = new Map<string, Literal>();
    while (!this.#take(')')) {
      const key = this.#name();
      if (key === undefined || values.has(key) || !this.#take('=')) return undefined;
      const value = this.#literal(0);
      if (value === undefined) return undefined;
      values.set(key, value);
      if (!this.#take(',') && this.#peek !== ')') return undefined;
    }
    const end = this.#tokens[this.#next - 1]?.end ?? first.end;
    const line = this.#text.slice(0, first.at).split('\n').length;
    return { name, values, line, text: this.#text.slice(first.at, end) };
  }

  get #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #take(text: string): boolean {
    if (this.#peek !== text) return false;
    this.#next += 1;
    return true;
  }

  #name(): string | undefined {
    const text = this.#peek;
    if (text === undefined || !/^[A-Za-z_]/.test(text)) return undefined;
    this.#next += 1;
    return text;
  }

  #literal(depth: number): Literal | undefined {
    if (depth > DEEPEST) return undefined;
    if (this.#take('[')) return this.#list(depth);
    const text = this.#peek;
    if (text === undefined || !/^["']/.test(text)) return undefined;
    this.#next += 1;
    // Texts next to each other would be one text; escapes other than of themselves are not read.
    if (/^["']/.test(this.#peek ?? '')) return undefined;
    const inner = text.slice(1, -1);
    return /\\[^\\"']/.test(inner) ? undefined : inner.replaceAll(/\\(.)/g, '$1');
  }

  #list(depth: number): Literal | undefined {
    const items: Literal[] = [];
    while (!this.#take(']')) {
      const item = this.#literal(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      if (!this.#take(',') && this.#peek !== ']') return undefined;
    }
    return items;
  }
}
