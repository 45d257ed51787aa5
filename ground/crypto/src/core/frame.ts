import { assert } from '@ioi/basis';
import { openAead, sealAead } from './aead.ts';

/** What the frames of one file are sealed under. */
export type FrameKey = {
  /** 32 bytes, for this file alone. */
  readonly key: Uint8Array;
  /** 16 bytes; the place of a frame follows it in its nonce. */
  readonly salt: Uint8Array;
  /** What the whole file is bound to, such as the digest of its header. */
  readonly header: Uint8Array;
};

const SALT_SIZE = 16;
const PLACE_SIZE = 8;

/** One frame of a longer text: it opens at this place of this file, and nowhere else. */
export function sealFrame(file: FrameKey, index: number, plaintext: Uint8Array): Uint8Array {
  return sealAead(contextOf(file, index), plaintext);
}

/** Undefined when it was changed, or stood at another place or in another file. */
export function openFrame(
  file: FrameKey,
  index: number,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return openAead(contextOf(file, index), sealed);
}

function contextOf({ key, salt, header }: FrameKey, index: number) {
  assert(salt.length === SALT_SIZE, 'the salt of a file has 16 bytes');
  const nonce = new Uint8Array(SALT_SIZE + PLACE_SIZE);
  nonce.set(salt);
  new DataView(nonce.buffer).setBigUint64(SALT_SIZE, BigInt(index));
  return { key, nonce, associatedData: header };
}
