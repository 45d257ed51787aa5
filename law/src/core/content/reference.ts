import { decodeUtf8 } from '@ioi/basis';
import { type Digest, isDigest } from '@ioi/canon';

/** Stands in a request where a text was: whoever holds the text can show that it is this one. */
export type ContentReference = { readonly $payload: Digest; readonly bytes: number };

/** Member by which a reference is told from everything else. */
export const REFERENCE_MARK = '$payload';

/** Stands in a request where bytes are too many to be read: rules know nothing of them. */
export type StreamReference = { readonly $stream: Digest; readonly bytes: number };

/** Member by which those are told: their digest is over the bytes alone, without a salt. */
export const STREAM_MARK = '$stream';

/** Hex digits of chance before every text, so that a short one cannot be guessed by its digest. */
export const SALT_DIGITS = 32;

/** What a digest is over: with the salt forgotten too, the digest tells nothing. */
export function saltedText(salt: string, text: string): string {
  return `${salt}${text}`;
}

/** The text without its salt; undefined when there is none. */
export function unsaltedText(salted: string): string | undefined {
  return SALT.test(salted) ? salted.slice(SALT_DIGITS) : undefined;
}

const SALT = new RegExp(`^[0-9a-f]{${SALT_DIGITS}}`);

export function unsaltedBytes(salted: Uint8Array): string | undefined {
  const text = decodeUtf8(salted);
  return text === undefined ? undefined : unsaltedText(text);
}

export function referenceIn(value: unknown): ContentReference | undefined {
  if (!isMarked(value, REFERENCE_MARK)) return undefined;
  const { $payload, bytes } = value as { $payload?: unknown; bytes?: unknown };
  return isDigest($payload) && typeof bytes === 'number' ? { $payload, bytes } : undefined;
}

export function streamIn(value: unknown): StreamReference | undefined {
  if (!isMarked(value, STREAM_MARK)) return undefined;
  const { $stream, bytes, ...more } = value as { $stream?: unknown; bytes?: unknown };
  const isOne = isDigest($stream) && Number.isSafeInteger(bytes) && Object.keys(more).length === 0;
  return isOne ? { $stream, bytes: Number(bytes) } : undefined;
}

/** Whether there is one among the members of these. */
export function holdsStream(params: Readonly<Record<string, unknown>>): boolean {
  return Object.values(params).some((each) => isMarked(each, STREAM_MARK));
}

function isMarked(value: unknown, mark: string): value is object {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, mark);
}

/** Digests of every reference in a value, however deep, each once. */
export function contentsIn(value: unknown): Digest[] {
  const found = new Set<Digest>();
  const visit = (each: unknown): void => {
    const reference = referenceIn(each);
    if (reference) found.add(reference.$payload);
    else if (typeof each === 'object' && each !== null) Object.values(each).forEach(visit);
  };
  visit(value);
  return [...found];
}

/** For people: texts put back where they are at hand, references left where they are not. */
export function revealed(value: unknown, textOf: (digest: Digest) => string | undefined): unknown {
  const reference = referenceIn(value);
  if (reference) return textOf(reference.$payload) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => revealed(item, textOf));
  const members = Object.entries(value).map(([name, each]) => [name, revealed(each, textOf)]);
  return Object.fromEntries(members);
}
