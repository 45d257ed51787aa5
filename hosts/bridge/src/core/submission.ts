import { decodeUtf8, encodeUtf8 } from '@ioi/basis';
import type { SqlError } from './answers.ts';
import { type Token, tokensOf } from './scan-sql.ts';
import { BodyReader, int16Part, int32Part, messageOf, textPart } from './wire.ts';

/** `SELECT agentgres.submit(…)`, the one statement that has something done. */
export type Submit = {
  readonly kind: 'submit';
  /** What stands in the statement; undefined where it is `$1`. */
  readonly json: string | undefined;
};

/** What a client asks to have sealed, and where in its messages the answer belongs. */
export type Submission = {
  readonly json: string;
  readonly portal: string;
  /** The Bind by which the engine is given the answer, to say it as a row. */
  readonly bind: (answer: string) => Uint8Array;
  /** A place among the messages of its unit. */
  readonly at: number;
  isAsked: boolean;
};

/** The engine says the answer as a row of one column; it has no such function itself. */
export const SUBMIT_SQL = 'SELECT $1::pg_catalog.jsonb AS submit';
const JSONB = 3802;
const JSONB_VERSION = 1;
/** Whatever a client says of its parameter. */
export const SUBMIT_TYPES = Uint8Array.of(...int16Part(1), ...int32Part(JSONB));
const LONGEST = 60;

export const SUBMIT_ALONE: SqlError = {
  sqlstate: '0A000',
  message: 'agentgres.submit stands alone in what is sent at once',
  detail: 'bridge.submit_alone: it is sealed at once, and nothing sent with it takes it back',
};
export const SUBMIT_WITHIN: SqlError = {
  sqlstate: '25001',
  message: 'agentgres.submit cannot run inside a transaction block',
  detail: 'bridge.submit_in_transaction: no ROLLBACK takes back what is sealed; COMMIT first',
};
export const SUBMIT_PARAMETER: SqlError = {
  sqlstate: '42P02',
  message: 'agentgres.submit takes one parameter, $1, or in a simple query one text',
};
const NO_RESULT: SqlError = {
  sqlstate: '08P01',
  message: 'agentgres.submit has one result, as text or binary',
};
/** Its end is known: whatever became of the row that says it, nobody may take it as not done. */
export function unshown(place: string): SqlError {
  return {
    sqlstate: '08007',
    message: 'the operation is sealed, but its answer could not be given',
    detail: `bridge.submit_unshown: ${place}`,
  };
}
/** How the result is asked for: not at all, as text, or binary. */
const RESULTS: readonly string[] = ['0,0', '0,1,0,0', '0,1,0,1'];
const NO_JSON: SqlError = {
  sqlstate: '22P02',
  message: 'the parameter of agentgres.submit is no JSON text',
};

/**
 * `SELECT [* FROM] agentgres.submit($1)`, or with a text in the place of `$1`, either `::jsonb` or
 * not. Undefined for anything else: as a part of more it is a function that does not exist.
 */
export function submitIn(sql: string): Submit | undefined {
  const tokens: Token[] = [];
  for (const token of tokensOf(sql)) {
    tokens.push(token);
    if (tokens.length > LONGEST) return undefined;
  }
  const last = tokens.at(-1);
  const end = last?.kind === 'mark' && last.text === ';' ? tokens.length - 1 : tokens.length;
  const shape = tokens.slice(0, end).map(shapeOf).join(' ');
  const given = tokens.find(({ kind, text }) => kind === 'text' || text === '$1');
  if (given === undefined || !SHAPE.test(shape)) return undefined;
  if (given.text === '$1') return { kind: 'submit', json: undefined };
  const json = unquoted(given.text);
  return json === undefined ? undefined : { kind: 'submit', json };
}

const SHAPE =
  /^select (?:\* from )?agentgres \. submit \( (?:TEXT|\$1)(?: : : (?:pg_catalog \. )?jsonb?)? \)$/;

function shapeOf({ kind, text }: Token): string {
  return kind === 'text' ? 'TEXT' : kind === 'name' ? JSON.stringify(text) : text;
}

/** Without escapes of its own: `E'…'` is none of these. */
function unquoted(text: string): string | undefined {
  if (/^'.*'$/s.test(text) && text.length > 1) return text.slice(1, -1).replaceAll("''", "'");
  const [, tag = '', inner] = /^(\$[^$]*\$)(.*)$/s.exec(text) ?? [];
  return inner?.endsWith(tag) ? inner.slice(0, -tag.length) : undefined;
}

/** What a Bind gives, and the one that is to stand in its place; or why there is none. */
export function submissionOf(
  body: Uint8Array,
  names: { readonly portal: string; readonly statement: Uint8Array },
): Pick<Submission, 'json' | 'bind'> | SqlError {
  const reader = new BodyReader(body);
  reader.text();
  reader.text();
  const formats = Array.from({ length: reader.int16() ?? 0 }, () => reader.int16());
  if (reader.int16() !== 1) return SUBMIT_PARAMETER;
  const size = reader.int32() ?? -1;
  const { rest } = reader;
  if (size < 0 || size > rest.length) return NO_JSON;
  const isVersioned = formats[0] === 1 && rest[0] === JSONB_VERSION;
  const json = decodeUtf8(rest.subarray(isVersioned ? 1 : 0, size));
  const after = rest.subarray(size);
  if (after.length > 4 || !RESULTS.includes(after.join())) return NO_RESULT;
  return json === undefined ? NO_JSON : { json, bind: bindWith(names, after) };
}

/** `after`: how the client wants its results. */
export function bindWith(
  { portal, statement }: { readonly portal: string; readonly statement: Uint8Array },
  after: Uint8Array,
): (answer: string) => Uint8Array {
  return (answer) => {
    const value = encodeUtf8(answer);
    const counts = Uint8Array.of(...int16Part(0), ...int16Part(1), ...int32Part(value.length));
    return messageOf('B', textPart(portal), statement, counts, value, after);
  };
}
