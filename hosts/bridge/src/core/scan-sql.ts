/** A token of SQL, as much of it as telling statements apart needs. */
export type Token = {
  /** `word` in lower case; `name` was in double quotes. */
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'mark';
  readonly text: string;
  readonly from: number;
  readonly to: number;
};

const SPACE = /[ \t\n\r\f\v]+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /[0-9]+(?:\.[0-9]*)?/y;
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const PARAMETER = /\$[0-9]+/y;

/**
 * The tokens of a text (PostgreSQL, 4.1). It decides nothing by itself: statements are given to
 * the engine one by one, which refuses a text that it reads as several.
 */
export function* tokensOf(sql: string): Generator<Token, void, void> {
  let at = 0;
  while (at < sql.length) {
    const next = skipped(sql, at);
    if (next > at) {
      at = next;
      continue;
    }
    const token = tokenAt(sql, at);
    yield token;
    at = token.to;
  }
}

/** The statements of a text, without those that are empty. */
export function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let from = 0;
  let isEmpty = true;
  for (const { kind, text, to } of tokensOf(sql)) {
    if (kind !== 'mark' || text !== ';') isEmpty = false;
    else {
      if (!isEmpty) statements.push(sql.slice(from, to - 1));
      from = to;
      isEmpty = true;
    }
  }
  if (!isEmpty) statements.push(sql.slice(from));
  return statements;
}

function skipped(sql: string, at: number): number {
  const line = matched(SPACE, sql, at) ?? matched(LINE_COMMENT, sql, at);
  if (line !== undefined) return at + line.length;
  return sql.startsWith('/*', at) ? afterComment(sql, at) : at;
}

/** Comments in SQL are nested. */
function afterComment(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length; ) {
    if (sql.startsWith('/*', at)) depth += 1;
    else if (sql.startsWith('*/', at)) depth -= 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
    if (depth === 0) return at;
  }
  return sql.length;
}

function tokenAt(sql: string, from: number): Token {
  const isEscaped = (sql[from] === 'e' || sql[from] === 'E') && sql[from + 1] === "'";
  if (isEscaped || sql[from] === "'") {
    const to = isEscaped ? afterEscaped(sql, from + 2) : afterQuoted(sql, from + 1, "'");
    return { kind: 'text', text: sql.slice(from, to), from, to };
  }
  if (sql[from] === '"') {
    const to = afterQuoted(sql, from + 1, '"');
    return { kind: 'name', text: sql.slice(from + 1, to - 1).replaceAll('""', '"'), from, to };
  }
  const word = matched(WORD, sql, from);
  if (word !== undefined) {
    return { kind: 'word', text: word.toLowerCase(), from, to: from + word.length };
  }
  const number = matched(NUMBER, sql, from) ?? matched(PARAMETER, sql, from);
  if (number !== undefined) return { kind: 'number', text: number, from, to: from + number.length };
  const dollar = matched(DOLLAR, sql, from);
  if (dollar !== undefined) {
    const end = sql.indexOf(dollar, from + dollar.length);
    const to = end < 0 ? sql.length : end + dollar.length;
    return { kind: 'text', text: sql.slice(from, to), from, to };
  }
  return { kind: 'mark', text: sql[from] ?? '', from, to: from + 1 };
}

/** Behind the quote that ends a text; two of them stand for one. */
function afterQuoted(sql: string, from: number, quote: string): number {
  for (let at = from; ; ) {
    const end = sql.indexOf(quote, at);
    if (end < 0) return sql.length;
    if (sql[end + 1] !== quote) return end + 1;
    at = end + 2;
  }
}

function afterEscaped(sql: string, from: number): number {
  for (let at = from; at < sql.length; at += 1) {
    if (sql[at] === '\\') at += 1;
    else if (sql[at] === "'") {
      if (sql[at + 1] !== "'") return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

function matched(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}
