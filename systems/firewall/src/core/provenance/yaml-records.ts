/**
 * Reads YAML as programs write it: block mappings and sequences of plain, quoted and block
 * scalars. One pass, and nothing of what only people write: no anchors, tags, comments, explicit
 * keys or flow collections but empty ones. Undefined for anything else, which is then read as
 * running text. All scalars are texts.
 */
export function readYamlRecords(text: string): unknown {
  if (text.length > LONGEST || /[\t\r]/.test(text)) return undefined;
  const lines = text.replace(/\n+$/, '').split('\n');
  const reader = new Reader(lines);
  const value = reader.block(0, 0);
  return reader.isAtEnd && !reader.hasFailed ? value : undefined;
}

const LONGEST = 262_144;
const DEEPEST = 16;
const KEY = /^("[^"\\]*"|'[^']*'|[A-Za-z0-9_@.+$-][^:'"{}[\],&*#?|<>%!`]*):(?: (.*))?$/;
const EMPTY: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['[]', []],
  ['{}', {}],
  ['null', null],
  ['~', null],
]);

class Reader {
  readonly #lines: readonly string[];
  #at = 0;
  hasFailed = false;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#lines.length;
  }

  /** The block that begins at this line, with exactly this indent. */
  block(indent: number, depth: number): unknown {
    const line = this.#line(indent);
    if (line === undefined || depth > DEEPEST) return this.#fail();
    return isItem(line) ? this.#sequence(indent, depth) : this.#mapping(indent, depth);
  }

  #sequence(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      const line = this.#line(indent);
      if (line === undefined || !isItem(line) || this.hasFailed) return items;
      const rest = line.slice(2).trimStart();
      if (rest === '' || isItem(rest)) return [this.#fail()];
      items.push(this.#item(rest, indent + (line.length - rest.length), depth));
    }
  }

  /** A mapping that begins on the line of its dash, or one scalar. */
  #item(rest: string, inner: number, depth: number): unknown {
    if (!KEY.test(rest)) return this.#scalar(rest, inner - 1);
    return this.#mapping(inner, depth + 1, rest);
  }

  #mapping(indent: number, depth: number, opening?: string): unknown {
    const entries: [string, unknown][] = [];
    for (let line = opening ?? this.#line(indent); ; line = this.#line(indent)) {
      if (line === undefined || this.hasFailed || (isItem(line) && entries.length > 0)) break;
      const [, key, rest = ''] = KEY.exec(line) ?? [];
      if (key === undefined) return this.#fail();
      const name = key.replace(/^["']|["']$/g, '');
      entries.push([name, rest === '' ? this.#below(indent, depth) : this.#scalar(rest, indent)]);
    }
    const names = new Set(entries.map(([name]) => name));
    return names.size === entries.length ? Object.fromEntries(entries) : this.#fail();
  }

  /** What a key without a value holds: a block further in, a list at its own indent, or nothing. */
  #below(indent: number, depth: number): unknown {
    this.#at += 1;
    const next = this.#lines[this.#at];
    if (next === undefined) return null;
    const found = indentOf(next);
    if (next.trim() === '') return this.#fail();
    if (found > indent) return this.block(found, depth + 1);
    const isList = found === indent && isItem(next.slice(found));
    return isList ? this.#sequence(indent, depth + 1) : null;
  }

  /** A scalar that begins in this line, and goes on in lines further in than `indent`. */
  #scalar(rest: string, indent: number): unknown {
    const first = rest[0] ?? '';
    if (first === "'" || first === '"') return this.#quoted(rest, indent, first);
    if (/^[|>][+-]?$/.test(rest)) return this.#literal(indent);
    if (EMPTY.has(rest)) {
      this.#at += 1;
      return EMPTY.get(rest);
    }
    return this.#plain(rest, indent);
  }

  #plain(rest: string, indent: number): unknown {
    const parts: string[] = [];
    for (let part = rest; ; ) {
      if (!isPlain(part, parts.length === 0)) return this.#fail();
      parts.push(part.trim());
      this.#at += 1;
      const next = this.#lines[this.#at];
      if (next === undefined || next.trim() === '' || indentOf(next) <= indent) break;
      part = next.trim();
    }
    return parts.join(' ');
  }

  #quoted(rest: string, indent: number, quote: string): unknown {
    const parts: string[] = [];
    for (let part = rest.slice(1); ; ) {
      const end = endOfQuoted(part, quote);
      parts.push(end === undefined ? part : part.slice(0, end));
      this.#at += 1;
      if (end !== undefined) {
        return part.slice(end + 1).trim() === '' ? unquoted(parts, quote) : this.#fail();
      }
      const next = this.#lines[this.#at];
      if (next === undefined || (next.trim() !== '' && indentOf(next) <= indent)) {
        return this.#fail();
      }
      part = next.trim();
    }
  }

  #literal(indent: number): unknown {
    const parts: string[] = [];
    for (;;) {
      this.#at += 1;
      const next = this.#lines[this.#at];
      if (next === undefined || (next.trim() !== '' && indentOf(next) <= indent)) break;
      parts.push(next.trim());
    }
    return parts.join('\n');
  }

  /** The line to be read next without its indent; undefined where it is not this deep. */
  #line(indent: number): string | undefined {
    const line = this.#lines[this.#at];
    if (line === undefined || indentOf(line) !== indent || line.trim() === '') return undefined;
    return line.slice(indent);
  }

  #fail(): undefined {
    this.hasFailed = true;
    return undefined;
  }
}

function isItem(line: string): boolean {
  return line.startsWith('- ') || line === '-';
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** What may stand without quotes: nothing that could be read as a key, a mark or a comment. */
function isPlain(part: string, isFirst: boolean): boolean {
  if (/: |:$| #/.test(part)) return false;
  return isFirst ? !/^[[{&*!|>%@`"'#,?]|^[-?:] /.test(part) : !/^#|^- /.test(part);
}

function endOfQuoted(part: string, quote: string): number | undefined {
  for (let at = 0; at < part.length; at += 1) {
    if (quote === '"' && part[at] === '\\') at += 1;
    else if (part[at] === quote) {
      if (quote === '"' || part[at + 1] !== "'") return at;
      at += 1;
    }
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  e: '\x1b',
};

/** Folded lines become spaces: for what stands in them that is as good as line breaks. */
function unquoted(parts: readonly string[], quote: string): string {
  if (quote === "'") return parts.join(' ').replaceAll("''", "'");
  const last = parts.length - 1;
  const joined = parts
    .map((part, at) => {
      if (at === last) return part;
      return part.endsWith('\\') ? part.slice(0, -1) : `${part} `;
    })
    .join('');
  return joined.replace(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)/gis, (_, said: string) => {
    if (said.length === 1) return ESCAPES[said] ?? said;
    const code = Number.parseInt(said.slice(1), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}
