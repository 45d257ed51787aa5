import { createHash, hash } from 'node:crypto';

export function sha256(data: string | Uint8Array): Uint8Array {
  // The engine hands a string over sooner than it makes a buffer.
  const digest = Buffer.allocUnsafeSlow(32);
  digest.write(hash('sha256', data, 'latin1'), 'latin1');
  return new Uint8Array(digest.buffer);
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function hashing(): { add(text: string): void; hex(): string } {
  const state = createHash('sha256');
  return { add: (text) => void state.update(text), hex: () => state.digest('hex') };
}
