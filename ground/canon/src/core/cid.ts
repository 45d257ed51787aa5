import { assert, decodeHex } from '@ioi/basis';
import type { Digest } from './digest.ts';

/** CIDv1, raw bytes, SHA-256 of 32 bytes: what every CID of ours begins with. */
const PREFIX = [0x01, 0x55, 0x12, 0x20];
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The content identifier of bytes with this digest, in base32: `bafkrei…`. */
export function cidOf(digest: Digest): string {
  const hash = decodeHex(digest.slice('sha256:'.length));
  assert(hash?.length === 32, 'a digest has 32 bytes');
  let text = 'b';
  let held = 0;
  let bits = 0;
  for (const byte of [...PREFIX, ...hash]) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}
