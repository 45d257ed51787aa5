import { ok, type Result } from '@ioi/basis';
import { hashing, sha256Hex } from '#platform';
import { canonicalJson } from './canonical.ts';
import type { CanonError } from './codes.ts';

/** A SHA-256 as artifacts print it: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text);
}

/** The digest of bytes as they stand; a string stands for its UTF-8. */
export function digestBytes(data: string | Uint8Array): Digest {
  return `sha256:${sha256Hex(data)}`;
}

/** The digest of a text that is put together piece by piece, none of which splits a character. */
export function digesting(): { add(piece: string): void; end(): Digest } {
  const { add, hex } = hashing();
  return { add, end: () => `sha256:${hex()}` };
}

/** The identity of an artifact: SHA-256 of its RFC 8785 bytes (whitepaper 6.3.2). */
export function digestOf(value: unknown): Result<Digest, CanonError> {
  const text = canonicalJson(value);
  return text.ok ? ok(digestBytes(text.value)) : text;
}
