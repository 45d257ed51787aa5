import { encodeHex, encodeUtf8 } from '@ioi/basis';
import { sha256 as digest } from '@noble/hashes/sha2.js';

export function sha256(data: string | Uint8Array): Uint8Array {
  return digest(typeof data === 'string' ? encodeUtf8(data) : data);
}

export function sha256Hex(data: string | Uint8Array): string {
  return encodeHex(sha256(data));
}

export function hashing(): { add(text: string): void; hex(): string } {
  const state = digest.create();
  return {
    add: (text) => void state.update(encodeUtf8(text)),
    hex: () => encodeHex(state.digest()),
  };
}
