import { createHash, hash } from 'node:crypto';

const DIGEST_BYTES = 32;

export function sha256(data: string | Uint8Array): Uint8Array {
  // The engine hands a string over sooner than it makes a buffer, and an array this small costs
  // memory of its own only where native code asks for it: copying here takes half as long.
  const characters = hash('sha256', data, 'latin1');
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let at = 0; at < DIGEST_BYTES; at += 1) digest[at] = characters.charCodeAt(at);
  return digest;
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function hashing(): { add(text: string): void; hex(): string } {
  const state = createHash('sha256');
  return { add: (text) => void state.update(text), hex: () => state.digest('hex') };
}
