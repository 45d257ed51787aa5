import { assert, decodeUtf8, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { CanonCode, CanonError } from './codes.ts';
import type { Json } from './json.ts';
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH } from './limits.ts';
import { findFault } from './scanner.ts';

export type ParseLimits = {
  /** Of the UTF-8 text; 16 MiB unless told. */
  readonly maxBytes?: number;
  /** Open arrays and objects at once; 128 unless told, never more than 1,000. */
  readonly maxDepth?: number;
};

// The checks below recurse; deeper nesting than this would need more stack than is promised.
const DEEPEST = 1000;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads a JSON text (RFC 8259) that must be I-JSON (RFC 7493): UTF-8 without a byte order mark,
 * no name twice, no lone surrogate, no integer beyond 2^53-1, no number too large for a double.
 * Noncharacters such as U+FFFE are let through: they are data, and have one spelling.
 */
export function parseStrict(
  input: Uint8Array | string,
  limits: ParseLimits = {},
): Result<Json, CanonError> {
  const maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
  assert(maxDepth <= DEEPEST, `maxDepth is at most ${DEEPEST}`);
  if (isTooLarge(input, limits.maxBytes ?? DEFAULT_MAX_BYTES)) {
    return refuse('canon.too_large', 'the text is larger than allowed');
  }
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  if (text === undefined) return refuse('canon.not_utf8', 'the bytes are not UTF-8');
  if (text.startsWith(BYTE_ORDER_MARK)) {
    return refuse('canon.bom', 'a byte order mark before the text');
  }
  return parseText(text, maxDepth);
}

function parseText(text: string, maxDepth: number): Result<Json, CanonError> {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    const fault = findFault(text, maxDepth);
    return fault === undefined ? refuse('canon.syntax', 'not a JSON text') : err(fault);
  }
  if (isPlainlyStrict(text, value, maxDepth)) return ok(value);
  const fault = findFault(text, maxDepth);
  return fault === undefined ? ok(value) : err(fault);
}

function isTooLarge(input: Uint8Array | string, maxBytes: number): boolean {
  if (input.length > maxBytes) return true;
  // No code unit takes more than three bytes of UTF-8.
  if (typeof input !== 'string' || input.length * 3 <= maxBytes) return false;
  return encodeUtf8(input).length > maxBytes;
}

/**
 * Whether nothing needs a closer look. The engine keeps the last of equal names, so a text with a
 * name twice has more colons than its value has members; colons inside strings are counted off.
 * That count, and the check for lone surrogates, hold only where no escape can hide either.
 */
function isPlainlyStrict(text: string, value: Json, maxDepth: number): boolean {
  if (text.includes('\\u') && /\\u(?:003a|d)/i.test(text)) return false;
  if (!text.isWellFormed()) return false;
  const tally = { colons: 0 };
  return countColons(value, maxDepth, tally) && colonsIn(text) === tally.colons;
}

/** Adds up the colons a value must have been written with; false where a closer look is due. */
function countColons(value: Json, depthLeft: number, tally: { colons: number }): boolean {
  if (typeof value === 'string') {
    tally.colons += colonsIn(value);
    return true;
  }
  if (typeof value === 'number') {
    return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
  }
  if (typeof value !== 'object' || value === null) return true;
  if (depthLeft <= 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (!countColons(item, depthLeft - 1, tally)) return false;
    }
    return true;
  }
  for (const name in value) {
    tally.colons += 1 + colonsIn(name);
    if (!countColons(value[name] as Json, depthLeft - 1, tally)) return false;
  }
  return true;
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count += 1;
  return count;
}

function refuse(code: CanonCode, message: string): Result<never, CanonError> {
  return err({ code, message });
}
