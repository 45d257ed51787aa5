const PLACEHOLDER = '[redacted]';

/** A text, Latin-1 as headers are, in which none of the secrets stands. */
export function redactText(text: string, secrets: readonly string[]): string {
  return longestFirst(secrets).reduce((rest, each) => rest.replaceAll(each, PLACEHOLDER), text);
}

/**
 * Takes secrets out of a stream of bytes, wherever it is cut into chunks. Of what was pushed only
 * an end that could be the beginning of a secret is held back: an event that is complete passes.
 */
export class Redactor {
  readonly #secrets: readonly Uint8Array[];
  #held: Uint8Array = new Uint8Array(0);

  /** Secrets are visible ASCII, none of them empty. */
  constructor(secrets: readonly string[]) {
    this.#secrets = longestFirst(secrets).map(bytesOf);
  }

  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held.length === 0 ? chunk : joined([this.#held, chunk]);
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (let found = this.#find(bytes, from); found; found = this.#find(bytes, from)) {
      pieces.push(bytes.subarray(from, found.at), bytesOf(PLACEHOLDER));
      from = found.at + found.length;
    }
    const kept = this.#partial(bytes, from);
    pieces.push(bytes.subarray(from, kept));
    this.#held = bytes.slice(kept);
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : joined(pieces);
  }

  /** What was held back, once nothing more comes. */
  end(): Uint8Array {
    const rest = this.#held;
    this.#held = new Uint8Array(0);
    return rest;
  }

  /** The first secret from there on; of two at one place the longer. */
  #find(bytes: Uint8Array, from: number): { at: number; length: number } | undefined {
    let first: { at: number; length: number } | undefined;
    for (const secret of this.#secrets) {
      const at = indexOf(bytes, secret, from);
      if (at !== undefined && (first === undefined || at < first.at)) {
        first = { at, length: secret.length };
      }
    }
    return first;
  }

  /** Where the longest end begins that may go on as a secret. */
  #partial(bytes: Uint8Array, from: number): number {
    const starts = this.#secrets.map((secret) => {
      const earliest = Math.max(from, bytes.length - secret.length + 1);
      for (let at = earliest; at < bytes.length; at += 1) {
        if (isAt(bytes, secret, at)) return at;
      }
      return bytes.length;
    });
    return Math.min(bytes.length, ...starts);
  }
}

function longestFirst(secrets: readonly string[]): string[] {
  return [...new Set(secrets)].filter((each) => each !== '').sort((a, b) => b.length - a.length);
}

function indexOf(bytes: Uint8Array, secret: Uint8Array, from: number): number | undefined {
  const [first = 0] = secret;
  const last = bytes.length - secret.length;
  for (let at = bytes.indexOf(first, from); at !== -1 && at <= last; ) {
    if (isAt(bytes, secret, at)) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return undefined;
}

/** Whether the secret stands there, as far as there are bytes. */
function isAt(bytes: Uint8Array, secret: Uint8Array, at: number): boolean {
  const end = Math.min(secret.length, bytes.length - at);
  for (let index = 0; index < end; index += 1) {
    if (bytes[at + index] !== secret[index]) return false;
  }
  return true;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
