import { decodeUtf8, encodeHex, encodeUtf8, err, formatUint64, ok, type Result } from '@ioi/basis';
import { canonicalJson, digestBytes, parseStrict } from '@ioi/canon';
import { leafHash } from '@ioi/merkle';
import {
  type CommitSummary,
  isCommitSummary,
  isLogEntry,
  type LogEntry,
  type Rejection,
  type Stamp,
} from '@ioi/protocol';

/** Largest canonical entry: what one tlog-tiles entry bundle element can hold. */
export const MAX_ENTRY_BYTES = 65_535;

export const COMMIT_OPERATION = 'domain/commit';

/** Stands where a module hash would in a `domain/commit` entry: SHA-256 of the text below. */
export const DOMAIN_MODULE_HASH = digestBytes('domain/1');

/** An operation before the guardian stamps it. */
export type ProposedOperation = Pick<
  LogEntry,
  'operation_id' | 'operation' | 'authenticated_by' | 'preconditions' | 'payload'
>;

/** Whether what somebody brings has the shape of an operation: anything may come over a socket. */
export function isProposed(value: object): value is ProposedOperation {
  const [seq, module_hash] = ['0', DOMAIN_MODULE_HASH];
  return isLogEntry({ ...value, seq, height: seq, chain_time: seq, module_hash, events: [] });
}

/** An entry with the exact text whose leaf hash, over its UTF-8, stands in the log tree. */
export type SealedText = {
  readonly entry: LogEntry;
  readonly text: string;
  readonly leaf: Uint8Array;
};

/** How deep members of an entry stand in it. */
export const MEMBER_DEPTH = 1;

/**
 * Rejects with `entry.not_canonical` or `entry.too_large`. Whoever has the canonical text of the
 * payload already, at its depth, hands it over.
 */
export function composeEntry(
  proposed: ProposedOperation,
  at: Stamp,
  events: readonly object[],
  payloadText?: string,
): Result<SealedText, Rejection> {
  const entry = {
    seq: formatUint64(at.seq),
    height: formatUint64(at.height),
    chain_time: formatUint64(at.chainTime),
    operation_id: proposed.operation_id,
    operation: proposed.operation,
    module_hash: at.moduleHash,
    authenticated_by: proposed.authenticated_by,
    ...(proposed.preconditions === undefined ? {} : { preconditions: proposed.preconditions }),
    payload: proposed.payload,
    events: events as Record<string, unknown>[],
  } satisfies LogEntry;
  if (!isLogEntry(entry)) return err({ code: 'entry.invalid', message: 'does not fit LogEntry' });
  const text = canonicalEntry(entry, payloadText);
  if (!text.ok) return err({ code: 'entry.not_canonical', message: text.error.message });
  const bytes = sizeOf(text.value);
  if (bytes > MAX_ENTRY_BYTES) {
    const message = `entry has ${bytes} bytes, the limit is ${MAX_ENTRY_BYTES}`;
    return err({ code: 'entry.too_large', message });
  }
  return ok({ entry, text: text.value, leaf: leafHash(text.value) });
}

/** The canonical text of an entry, put together in the order of its members. */
function canonicalEntry(entry: LogEntry, payloadText?: string): ReturnType<typeof canonicalJson> {
  const by = canonicalJson(entry.authenticated_by, MEMBER_DEPTH);
  const events = canonicalJson(entry.events, MEMBER_DEPTH);
  const payload = payloadText ?? textOr(canonicalJson(entry.payload, MEMBER_DEPTH));
  // What has no canonical form is found once more in the whole, which says where it is.
  const isPlain = by.ok && events.ok && payload !== undefined;
  if (!isPlain || entry.preconditions !== undefined) return canonicalJson(entry);
  const { seq, height, chain_time, operation_id, operation, module_hash } = entry;
  // None of these, as an entry has them, holds a character that JSON would escape.
  return ok(
    `{"authenticated_by":${by.value},"chain_time":"${chain_time}","events":${events.value},` +
      `"height":"${height}","module_hash":"${module_hash}","operation":"${operation}",` +
      `"operation_id":"${operation_id}","payload":${payload},"seq":"${seq}"}`,
  );
}

function textOr(text: ReturnType<typeof canonicalJson>): string | undefined {
  return text.ok ? text.value : undefined;
}

/** Parses bytes that claim to be an entry; anything but the canonical form is refused. */
export function parseEntry(bytes: Uint8Array): Result<SealedText, Rejection> {
  const parsed = parseStrict(bytes, { maxBytes: MAX_ENTRY_BYTES });
  if (!parsed.ok) return err({ code: 'entry.not_canonical', message: parsed.error.message });
  if (!isLogEntry(parsed.value)) {
    return err({ code: 'entry.invalid', message: 'does not fit LogEntry' });
  }
  const canonical = canonicalJson(parsed.value);
  if (!canonical.ok || canonical.value !== decodeUtf8(bytes)) {
    return err({ code: 'entry.not_canonical', message: 'bytes are not in canonical form' });
  }
  return ok({ entry: parsed.value, text: canonical.value, leaf: leafHash(bytes) });
}

/** Bytes of a text in UTF-8; exact only near the limit, where it matters. */
function sizeOf(text: string): number {
  return text.length * 3 <= MAX_ENTRY_BYTES ? text.length : encodeUtf8(text).length;
}

/**
 * A new operation id from the time in milliseconds and 10 random bytes. The time comes first so
 * that ids of one moment stand together in an index; nothing is decided by it.
 */
export function operationIdOf(timeMs: number, random: Uint8Array): string {
  return operationIdWith(timeMs, encodeHex(random));
}

/** The same, from 20 hexadecimal digits of chance. */
export function operationIdWith(timeMs: number, digits: string): string {
  return `op_${timeMs.toString(16).padStart(12, '0')}${digits}`;
}

/** The summary when the entry closes a commit. */
export function commitSummaryOf(entry: LogEntry): CommitSummary | undefined {
  if (entry.operation !== COMMIT_OPERATION) return undefined;
  return isCommitSummary(entry.payload) ? entry.payload : undefined;
}
