import { assert, decodeUtf8, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestBytes, isDigest, parseStrict } from '@ioi/canon';
import type { ExportRejection } from './codes.ts';

const EXPORT_FORMAT = 'ioi-export/1';

/** First line of an export: the signed head of the log and how many lines of each kind follow. */
export type ExportHeader = {
  /** Signed note: a checkpoint over all entries, with both lines of the guardian's key. */
  readonly note: string;
  readonly payloads: number;
  readonly entries: number;
};

/**
 * Bytes that entries refer to by digest, such as the text of a policy; or that they are not there,
 * because the log says that they were forgotten.
 */
export type ExportPayload =
  | { readonly digest: Digest; readonly text: string }
  | { readonly digest: Digest; readonly forgotten: true };

export function formatHeader({ note, payloads, entries }: ExportHeader): string {
  return format({ format: EXPORT_FORMAT, note, payloads, entries });
}

export function formatPayload(payload: ExportPayload): string {
  return format(payload);
}

/** Rejects with `export.malformed` or `export.not_canonical`. */
export function parseHeader(line: Uint8Array): Result<ExportHeader, ExportRejection> {
  const members = parseObject(line);
  if (!members) return malformed('the header is not a JSON object');
  const { format: name, note, payloads, entries } = members;
  if (name !== EXPORT_FORMAT) return malformed(`not in the format ${EXPORT_FORMAT}`);
  if (typeof note !== 'string') return malformed('the header has no note');
  if (!isCount(payloads) || !isCount(entries)) return malformed('the header has no counts');
  const header = { note, payloads, entries };
  return spelledAs(formatHeader(header), line) ? ok(header) : notCanonical('header');
}

/** Rejects with `export.malformed`, `export.not_canonical` or `payload.digest`. */
export function parsePayload(line: Uint8Array): Result<ExportPayload, ExportRejection> {
  const members = parseObject(line);
  if (!members) return malformed('a payload line is not a JSON object');
  const { digest, text, forgotten } = members;
  if (!isDigest(digest) || (typeof text !== 'string' && forgotten !== true)) {
    return malformed('a payload line has a digest and a text, or says that it was forgotten');
  }
  const payload =
    typeof text === 'string' ? { digest, text } : { digest, forgotten: true as const };
  if (!spelledAs(formatPayload(payload), line)) return notCanonical('payload line');
  if (typeof text !== 'string' || digestBytes(text) === digest) return ok(payload);
  return err({ code: 'payload.digest', message: `the text is not that of ${digest}` });
}

function parseObject(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const parsed = parseStrict(line, { maxBytes: line.length });
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  return Array.isArray(parsed.value) ? undefined : (parsed.value as Record<string, unknown>);
}

// Comparing with the one spelling also refuses members nobody defined.
function spelledAs(text: string, line: Uint8Array): boolean {
  return line.length === encodeUtf8(text).length && decodeUtf8(line) === text;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function format(value: object): string {
  const text = canonicalJson(value);
  assert(text.ok, 'strings and counts have a canonical form');
  return text.value;
}

function malformed(message: string): Result<never, ExportRejection> {
  return err({ code: 'export.malformed', message });
}

function notCanonical(what: string): Result<never, ExportRejection> {
  return err({ code: 'export.not_canonical', message: `the ${what} is not in canonical form` });
}
