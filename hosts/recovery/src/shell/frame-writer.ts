import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { type FrameKey, sealFrame } from '@ioi/crypto';
import { encapsulateTo } from '@ioi/crypto/shell';
import type { OwnerIdentity } from '@ioi/protocol';
import { FRAME_BYTES, type SealedHeader, type SealedKind } from '../core/sealed-file.ts';
import { Refused } from './refused.ts';

type Recipient = Pick<OwnerIdentity, 'did' | 'agreement_key'>;

const SALT_BYTES = 16;

/** Seals what is written into frames of one size, and takes the digest of the whole file. */
export class FrameWriter {
  readonly #file: number;
  readonly #key: FrameKey;
  readonly #hash = createHash('sha256');
  #waiting = new Uint8Array(FRAME_BYTES);
  #filled = 0;
  #frames = 0;
  #bytes = 0;

  constructor(path: string, { did, agreement_key }: Recipient, kind: SealedKind) {
    const made = encapsulateTo(agreement_key, kind.purpose);
    if (!made.ok) throw new Refused(made.error.code, made.error.message);
    const salt = randomBytes(SALT_BYTES);
    const kem = made.value.ciphertext;
    const header: SealedHeader = { did, kem, salt: encodeBase64(salt), ...kind.about };
    const line = encodeUtf8(`${JSON.stringify(header)}\n`);
    const digest = createHash('sha256').update(line).digest();
    this.#key = { key: made.value.sharedKey, salt, header: digest };
    this.#file = openSync(path, 'wx', 0o600);
    this.#put(encodeUtf8(kind.line));
    this.#put(line);
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.subarray(at, at + FRAME_BYTES - this.#filled);
      this.#waiting.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === FRAME_BYTES) this.#seal();
    }
  }

  /** On disk when it returns. */
  finish(): { readonly bytes: number; readonly sha256: string } {
    if (this.#filled > 0) this.#seal();
    fsyncSync(this.#file);
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  close(): void {
    closeSync(this.#file);
  }

  #seal(): void {
    this.#put(sealFrame(this.#key, this.#frames, this.#waiting.subarray(0, this.#filled)));
    this.#frames += 1;
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}
