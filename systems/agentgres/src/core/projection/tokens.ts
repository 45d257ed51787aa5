import { assert, decodeBase64, encodeBase64, encodeUtf8 } from '@ioi/basis';
import { canonicalJson, isDigest, parseStrict } from '@ioi/canon';

/** Where a subscription goes on: on any node whose log of the domain at `seq` has this root. */
export type ResumeToken = {
  readonly domain_id: string;
  readonly projection: string;
  readonly definition_hash: string;
  readonly seq: string;
  readonly log_root: string;
};

/** A token is base64url of canonical JSON: a client carries it and reads nothing into it. */
export function encodeToken(value: object): string {
  const text = canonicalJson(value);
  assert(text.ok, 'tokens have a canonical form');
  const base64 = encodeBase64(encodeUtf8(text.value));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The object in a token, whatever it holds; undefined when it is none. */
export function decodeToken(token: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^[A-Za-z0-9_-]{1,16384}$/.test(token)) return undefined;
  const padding = '='.repeat((4 - (token.length % 4)) % 4);
  const bytes = decodeBase64(token.replaceAll('-', '+').replaceAll('_', '/') + padding);
  const parsed = bytes && parseStrict(bytes);
  const value: unknown = parsed?.ok ? parsed.value : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return encodeToken(value) === token ? (value as Record<string, unknown>) : undefined;
}

export function decodeResume(token: string): ResumeToken | undefined {
  const value = decodeToken(token);
  if (value === undefined || Object.keys(value).length !== 5) return undefined;
  const { domain_id, projection, definition_hash, seq, log_root } = value;
  const isWhole =
    typeof domain_id === 'string' &&
    typeof projection === 'string' &&
    isDigest(definition_hash) &&
    isDigest(log_root) &&
    typeof seq === 'string' &&
    /^(0|[1-9][0-9]{0,15})$/.test(seq);
  return isWhole ? { domain_id, projection, definition_hash, seq, log_root } : undefined;
}

const WATERMARK = /^domain_seq:(0|[1-9][0-9]{0,15})$/;

/** `domain_seq:99182` (whitepaper 3.3): the entry folded last. */
export function watermarkText(seq: number): string {
  return `domain_seq:${seq}`;
}

/** The position a watermark names; undefined when it is none. */
export function watermarkSeq(text: string): number | undefined {
  const digits = WATERMARK.exec(text)?.[1];
  const seq = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(seq) ? seq : undefined;
}
