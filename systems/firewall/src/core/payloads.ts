import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestBytes, isDigest } from '@ioi/canon';
import type { Rejection } from '@ioi/protocol';

/** A long text taken out of a request; the request holds its digest instead (whitepaper 2.6.1). */
export type Payload = { readonly digest: Digest; readonly text: string };

/** Texts by digest; undefined when it is not held. */
export type PayloadLookup = (digest: Digest) => string | undefined;

/** Longest text, in UTF-8 bytes, that a request carries itself. */
const LONGEST_INLINE = 4096;

const MARK = '$payload';
const DEEPEST = 64;

/**
 * The value with every long text replaced by `{"$payload": digest, "bytes": n}`, and those texts.
 * Refuses a value that has a member of that name itself: it could pass for another's payload.
 */
export function extractPayloads(
  value: unknown,
): Result<{ readonly value: unknown; readonly payloads: readonly Payload[] }, Rejection> {
  const payloads = new Map<Digest, Payload>();
  const extracted = extract(value, payloads, 0);
  return extracted.ok
    ? ok({ value: extracted.value, payloads: [...payloads.values()] })
    : extracted;
}

/** The exact inverse. Refuses when a text is not held or is not the one that was taken out. */
export function restorePayloads(value: unknown, lookup: PayloadLookup): Result<unknown, Rejection> {
  if (typeof value !== 'object' || value === null) return ok(value);
  if (Array.isArray(value)) return mapItems(value, (item) => restorePayloads(item, lookup));
  if (!Object.hasOwn(value, MARK)) {
    return mapMembers(value, (member) => restorePayloads(member, lookup));
  }
  const digest = (value as { [MARK]: unknown })[MARK];
  const text = isDigest(digest) ? lookup(digest) : undefined;
  if (text !== undefined && digestBytes(text) === digest) return ok(text);
  return refuse('request.invalid', `the payload ${String(digest)} is not held`);
}

function extract(
  value: unknown,
  payloads: Map<Digest, Payload>,
  depth: number,
): Result<unknown, Rejection> {
  if (typeof value === 'string') return ok(extractText(value, payloads));
  if (typeof value !== 'object' || value === null) return ok(value);
  if (depth >= DEEPEST) return refuse('request.invalid', `nested deeper than ${DEEPEST}`);
  if (Array.isArray(value)) return mapItems(value, (item) => extract(item, payloads, depth + 1));
  if (Object.hasOwn(value, MARK)) {
    return refuse('request.invalid', `an argument has a member called \`${MARK}\``);
  }
  return mapMembers(value, (member) => extract(member, payloads, depth + 1));
}

function extractText(text: string, payloads: Map<Digest, Payload>): unknown {
  // No code unit takes more than three bytes. Half a surrogate pair has no UTF-8 and so no
  // digest: it stays, and makes the request one without a canonical form.
  if (text.length * 3 <= LONGEST_INLINE || !text.isWellFormed()) return text;
  const bytes = encodeUtf8(text).length;
  if (bytes <= LONGEST_INLINE) return text;
  const digest = digestBytes(text);
  payloads.set(digest, { digest, text });
  return { [MARK]: digest, bytes };
}

type Mapping = (value: unknown) => Result<unknown, Rejection>;

function mapItems(items: readonly unknown[], map: Mapping): Result<unknown, Rejection> {
  const mapped: unknown[] = [];
  for (const item of items) {
    const result = map(item);
    if (!result.ok) return result;
    mapped.push(result.value);
  }
  return ok(mapped);
}

function mapMembers(value: object, map: Mapping): Result<unknown, Rejection> {
  const mapped: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const result = map(member);
    if (!result.ok) return result;
    mapped.push([name, result.value]);
  }
  // Makes own members of any name, `__proto__` too.
  return ok(Object.fromEntries(mapped));
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
