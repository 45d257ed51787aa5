import { randomBytes } from 'node:crypto';
import { decodeUtf8, encodeUtf8 } from '@ioi/basis';
import { openAead, sealAead } from '@ioi/crypto';

const NONCE_SIZE = 24;
const NOTHING = new Uint8Array(0);

/**
 * Gives what it would have to remember to whoever asked, in a box that it alone opens, until the
 * process ends. So nobody fills its memory, however often they ask.
 */
export class SealedBox<T> {
  readonly #key = randomBytes(32);

  seal(value: T): string {
    const nonce = randomBytes(NONCE_SIZE);
    const about = { key: this.#key, nonce, associatedData: NOTHING };
    const sealed = sealAead(about, encodeUtf8(JSON.stringify(value)));
    return Buffer.concat([nonce, sealed]).toString('base64url');
  }

  /** Undefined where it is no box of this one's. */
  open(text: string): T | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < NONCE_SIZE) return undefined;
    const nonce = bytes.subarray(0, NONCE_SIZE);
    const about = { key: this.#key, nonce, associatedData: NOTHING };
    const opened = openAead(about, bytes.subarray(NONCE_SIZE));
    const said = opened && decodeUtf8(opened);
    return said === undefined ? undefined : (JSON.parse(said) as T);
  }
}
