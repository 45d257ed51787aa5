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
    const { pieces, from } = this.#taken(bytes, (at, start) => at < this.#partial(bytes, start));
    const kept = this.#partial(bytes, from);
    this.#held = bytes.slice(kept);
    return joined([...pieces, bytes.subarray(from, kept)]);
  }

  /** What was held back, once nothing more comes. */
  end(): Uint8Array {
    const bytes = this.#held;
    this.#held = new Uint8Array(0);
    const { pieces, from } = this.#taken(bytes, () => true);
    return joined([...pieces, bytes.subarray(from)]);
  }

  /** Replaces secrets as long as they are certain: no longer one may begin where they do. */
  #taken(
    bytes: Uint8Array,
    isCertain: (at: number, from: number) => boolean,
  ): { readonly pieces: readonly Uint8Array[]; readonly from: number } {
    const pieces: Uint8Array[] = [];
    const places = this.#secrets.map((secret): Place => ({ secret, at: -1 }));
    let from = 0;
    for (let found = nearest(places, bytes, from); found; found = nearest(places, bytes, from)) {
      if (!isCertain(found.at, from)) break;
      pieces.push(bytes.subarray(from, found.at), bytesOf(PLACEHOLDER));
      from = found.at + found.length;
    }
    return { pieces, from };
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

/** Where a secret stands next, as far as it was looked for; undefined when nowhere. */
type Place = { readonly secret: Uint8Array; at: number | undefined };

/** The first secret from there on; of two at one place the longer, which comes first. */
function nearest(
  places: readonly Place[],
  bytes: Uint8Array,
  from: number,
): { readonly at: number; readonly length: number } | undefined {
  let first: { at: number; length: number } | undefined;
  for (const place of places) {
    const { secret } = place;
    if (place.at !== undefined && place.at < from) place.at = indexOf(bytes, secret, from);
    const { at } = place;
    if (at !== undefined && (first === undefined || at < first.at)) {
      first = { at, length: secret.length };
    }
  }
  return first;
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
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
