import type { SqlError } from './answers.ts';
import { type Token, tokensOf } from './scan-sql.ts';
import { type Submit, submitIn } from './submission.ts';

export type AwaitedSeq = {
  readonly kind: 'await';
  readonly domain: string | undefined;
  readonly seq: number;
};

/** What a statement is to the bridge. */
export type Admitted =
  | { readonly kind: 'read' }
  | Submit
  /** Begins, ends or marks a transaction. */
  | { readonly kind: 'transaction' }
  /** Of this session; `undefined` puts it back. */
  | { readonly kind: 'set'; readonly name: string; readonly sql: string | undefined }
  | { readonly kind: 'reset-all' }
  /** The answers that follow reflect this entry, of the node's log or of a domain. */
  | AwaitedSeq
  /** `undefined`: all of them. */
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  | { readonly kind: 'refused'; readonly error: SqlError };

/** Statements that read, by their first word; what they call is a matter of the role's rights. */
const READING: ReadonlySet<string> = new Set([
  'select',
  'values',
  'table',
  'with',
  'show',
  'explain',
  'declare',
  'fetch',
  'move',
  'close',
  'unlisten',
]);
const TRANSACTION: ReadonlySet<string> = new Set([
  'begin',
  'start',
  'commit',
  'end',
  'rollback',
  'abort',
  'savepoint',
  'release',
]);
/** What a session may set of itself: nothing that reaches a role, a right or another session. */
const SETTINGS: ReadonlySet<string> = new Set([
  'application_name',
  'backslash_quote',
  'bytea_output',
  'client_encoding',
  'client_min_messages',
  'datestyle',
  'enable_bitmapscan',
  'enable_hashjoin',
  'enable_indexscan',
  'enable_mergejoin',
  'enable_nestloop',
  'enable_seqscan',
  'enable_sort',
  'extra_float_digits',
  'geqo',
  'idle_in_transaction_session_timeout',
  'intervalstyle',
  'jit',
  'lc_messages',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'lock_timeout',
  'plan_cache_mode',
  'quote_all_identifiers',
  'search_path',
  'statement_timeout',
  'synchronize_seqscans',
  'timezone',
  'xmloption',
]);
const SUBMIT = /agentgres\s*\.\s*submit/i;
const AWAIT = 'agentgres.await_seq';
/** Of a statement that is looked at whole. */
const TOKENS_MAX = 10_000;
const AWAITED = /^'?(?:([A-Za-z0-9._-]{1,200}):)?([0-9]{1,15})'?$/;

export function isSetting(name: string): boolean {
  return SETTINGS.has(name);
}

/** In another one the engine would read other characters than are read here. */
export function isReadEncoding(name: string): boolean {
  return ['utf8', 'utf-8', 'unicode', 'sql_ascii', 'default'].includes(name.toLowerCase());
}

/** What may be given to the engine, and as what; whatever is not known is refused. */
export function admit(sql: string): Admitted {
  const scanned = tokensOf(sql);
  let first = scanned.next().value;
  while (first && isMark(first, '(;')) first = scanned.next().value;
  if (!first) return { kind: 'read' };
  const word = first.kind === 'word' ? first.text : '';
  if (word === 'select' && SUBMIT.test(sql)) return submitIn(sql) ?? { kind: 'read' };
  if (READING.has(word) && word !== 'declare') return { kind: 'read' };
  const tokens = [first];
  let isEnded = false;
  for (const token of scanned) {
    const isEnd = isMark(token, ';');
    if (isEnded && !isEnd) return unsupported('several statements as one');
    if (isEnd) isEnded = true;
    else tokens.push(token);
    if (tokens.length > TOKENS_MAX) return unsupported(`a ${word.toUpperCase()} that long`);
  }
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text : ''));
  if (word === 'declare') {
    const isHeld = hasPair(words, 'with', 'hold');
    return isHeld ? unsupported('a cursor WITH HOLD; read it in a transaction') : { kind: 'read' };
  }
  if (TRANSACTION.has(word)) return admitTransaction(words);
  if (word === 'set') return admitSet(sql, tokens);
  if (word === 'reset') return admitReset(tokens);
  if (word === 'copy') return admitCopy(words);
  if (word === 'deallocate') return admitDeallocate(tokens);
  if (word === 'prepare' || word === 'execute') {
    return unsupported(`${word.toUpperCase()} as SQL; prepare with the client's own call`);
  }
  return readOnly(word === '' ? 'this' : word.toUpperCase());
}

function isMark({ kind, text }: Token, marks: string): boolean {
  return kind === 'mark' && marks.includes(text);
}

function admitTransaction(words: readonly string[]): Admitted {
  if (hasPair(words, 'read', 'write')) return readOnly('READ WRITE');
  if (words.includes('prepared') || words[1] === 'prepare') return readOnly('PREPARE TRANSACTION');
  return { kind: 'transaction' };
}

function admitSet(sql: string, tokens: readonly Token[]): Admitted {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const isLocal = words[1] === 'local';
  const at = isLocal || words[1] === 'session' ? 2 : 1;
  if (words[at] === 'transaction' || words[at] === 'characteristics') {
    if (words.includes('write') || words.includes('snapshot')) return readOnly('READ WRITE');
    return words[at] === 'transaction' ? { kind: 'transaction' } : readOnly('CHARACTERISTICS');
  }
  const { name, after } = settingAt(tokens, at);
  if (name === AWAIT && !isLocal) return admitAwait(tokens.slice(after));
  if (!isSetting(name)) return readOnly(`SET of ${name === '' ? 'this' : name}`);
  const value = tokens.slice(after).map(({ text }) => text);
  if (name === 'client_encoding' && !isReadEncoding(value.join('').replaceAll("'", ''))) {
    return unsupported('an encoding but UTF8');
  }
  if (isLocal) return { kind: 'transaction' };
  return { kind: 'set', name, sql };
}

/** The name that is set, and the place of what it is set to. */
function settingAt(tokens: readonly Token[], at: number): { name: string; after: number } {
  const [first, second, third] = tokens.slice(at, at + 3);
  if (first?.kind === 'word' && first.text === 'time' && second?.text === 'zone') {
    return { name: 'timezone', after: at + 2 };
  }
  if (first?.kind === 'word' && first.text === 'names') {
    return { name: 'client_encoding', after: at + 1 };
  }
  const isName = first?.kind === 'word' || first?.kind === 'name';
  if (!isName) return { name: '', after: at };
  const isDotted = second?.kind === 'mark' && second.text === '.';
  const name = isDotted ? `${first.text}.${third?.text ?? ''}` : first.text;
  const after = at + (isDotted ? 3 : 1);
  const sign = tokens[after];
  const isSet = sign?.text === '=' || (sign?.kind === 'word' && sign.text === 'to');
  return isSet ? { name: name.toLowerCase(), after: after + 1 } : { name: '', after };
}

function admitAwait(values: readonly Token[]): Admitted {
  const [, domain, seq] = AWAITED.exec(values.map(({ text }) => text).join('')) ?? [];
  if (seq !== undefined) return { kind: 'await', domain, seq: Number(seq) };
  const message = `${AWAIT} is the number of an entry, or 'DOMAIN:NUMBER'`;
  return { kind: 'refused', error: { sqlstate: '22023', message } };
}

function admitReset(tokens: readonly Token[]): Admitted {
  const [, first, second] = tokens;
  if (first?.kind === 'word' && first.text === 'all') return { kind: 'reset-all' };
  const isZone = first?.text === 'time' && second?.text === 'zone';
  const name = isZone ? 'timezone' : (first?.text.toLowerCase() ?? '');
  if (!isSetting(name)) return readOnly(`RESET of ${name}`);
  return { kind: 'set', name, sql: undefined };
}

/** COPY to the client alone. */
function admitCopy(words: readonly string[]): Admitted {
  const to = words.lastIndexOf('to');
  const isOut = to > 0 && words[to + 1] === 'stdout';
  return isOut && !words.includes('program') ? { kind: 'read' } : readOnly('COPY');
}

function admitDeallocate(tokens: readonly Token[]): Admitted {
  const named = tokens[1]?.kind === 'word' && tokens[1].text === 'prepare' ? tokens[2] : tokens[1];
  if (named === undefined) return { kind: 'deallocate', name: '' };
  const isAll = named.kind === 'word' && named.text === 'all';
  return { kind: 'deallocate', name: isAll ? undefined : named.text };
}

function hasPair(words: readonly string[], one: string, other: string): boolean {
  return words.some((word, at) => word === one && words[at + 1] === other);
}

function readOnly(what: string): Admitted {
  const message = `the bridge only reads: ${what} is refused`;
  const detail =
    'bridge.read_only: changes are operations, made with agentgres.submit or ioi domain submit';
  return { kind: 'refused', error: { sqlstate: '25006', message, detail } };
}

function unsupported(what: string): Admitted {
  const message = `the bridge does not take ${what}`;
  return { kind: 'refused', error: { sqlstate: '0A000', message } };
}
