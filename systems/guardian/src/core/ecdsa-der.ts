import { withLowS } from '@ioi/crypto';

/**
 * An ECDSA signature of an authenticator (DER, WebAuthn 6.5.5) as 64 bytes with the lower `s`;
 * undefined for anything else.
 */
export function plainEcdsa(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2);
  const s = r && integerAt(der, r.next);
  if (r === undefined || s === undefined || s.next !== der.length) return undefined;
  const plain = new Uint8Array(64);
  plain.set(r.bytes, 32 - r.bytes.length);
  plain.set(s.bytes, 64 - s.bytes.length);
  return withLowS(plain);
}

function integerAt(
  der: Uint8Array,
  at: number,
): { readonly bytes: Uint8Array; readonly next: number } | undefined {
  const length = der[at + 1] ?? 0;
  const next = at + 2 + length;
  if (der[at] !== 0x02 || length === 0 || length > 33 || next > der.length) return undefined;
  const bytes = der.subarray(at + 2, next);
  const trimmed = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return trimmed.length > 32 ? undefined : { bytes: trimmed, next };
}
