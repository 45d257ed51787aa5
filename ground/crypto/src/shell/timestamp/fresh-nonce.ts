import { randomBytes } from 'node:crypto';

const NONCE_SIZE = 16;

/** What an answer must repeat, so that none to an earlier question passes for one to this. */
export function freshNonce(): Uint8Array {
  return new Uint8Array(randomBytes(NONCE_SIZE));
}
