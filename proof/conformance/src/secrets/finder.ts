import { gunzipSync } from 'node:zlib';

/** Letters of a secret that are enough to say that it was read. */
const PIECE = 12;

type Spelling = { readonly width: number; readonly write: (text: string) => readonly string[] };

/** By how many letters stand for one: itself, base64, hex, UTF-16, percent, JSON. */
const SPELLINGS: readonly Spelling[] = [
  { width: 1, write: (text) => [text, ...base64(text), JSON.stringify(text).slice(1, -1)] },
  { width: 2, write: (text) => [hex(text), hex(text).toUpperCase(), wide(text)] },
  { width: 3, write: (text) => [percent(text), percent(text).toUpperCase()] },
  {
    width: 6,
    write: (text) => [unicode(text), unicode(text).toUpperCase().replaceAll('\\U', '\\u')],
  },
];

/** Finds any piece of any of many texts, however it is spelt, in many bytes. */
export class Finder {
  /** By the first four bytes of a piece and by the last four of its beginning: most are none. */
  readonly #begins = new Uint8Array(SIEVE);
  readonly #goesOn = new Uint8Array(SIEVE);
  readonly #pieces = new Map<number, Map<string, number>>();

  /** Of each secret, all texts of it. */
  constructor(secrets: readonly (readonly string[])[]) {
    for (const { width } of SPELLINGS) this.#pieces.set(width, new Map());
    secrets.forEach((texts, at) => {
      for (const text of texts) this.#learn(text, at);
    });
  }

  /** Which secrets something can be read of. */
  find(bytes: Buffer): Set<number> {
    const found = new Set<number>();
    this.#search(bytes, found);
    for (const opened of membersIn(bytes)) this.#search(opened, found);
    return found;
  }

  #learn(text: string, at: number): void {
    for (const { width, write } of SPELLINGS) {
      const length = PIECE * width;
      for (const spelt of write(text)) {
        for (let from = 0; from + length <= spelt.length; from += 1) {
          const piece = spelt.slice(from, from + length);
          const bytes = Buffer.from(piece, 'latin1');
          this.#begins[keyAt(bytes, 0)] = 1;
          this.#goesOn[keyAt(bytes, PIECE - 4)] = 1;
          this.#pieces.get(width)?.set(piece, at);
        }
      }
    }
  }

  #search(bytes: Buffer, found: Set<number>): void {
    for (let from = 0; from + PIECE <= bytes.length; from += 1) {
      if (this.#begins[keyAt(bytes, from)] === 0) continue;
      if (this.#goesOn[keyAt(bytes, from + PIECE - 4)] === 0) continue;
      for (const [width, pieces] of this.#pieces) {
        const at = pieces.get(bytes.toString('latin1', from, from + PIECE * width));
        if (at !== undefined) found.add(at);
      }
    }
  }
}

const SIEVE = 2 ** 24;

/** Four bytes as a place in a sieve. */
function keyAt(bytes: Buffer, at: number): number {
  return Math.imul(bytes.readInt32LE(at), 0x9e3779b1) >>> 8;
}

/** What is compressed in it, wherever it begins. */
function* membersIn(bytes: Buffer): Iterable<Buffer> {
  const mark = Buffer.from([0x1f, 0x8b, 0x08]);
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    try {
      yield gunzipSync(bytes.subarray(at), { finishFlush: 2, maxOutputLength: 64 * 1024 * 1024 });
    } catch {
      // Three bytes that happen to look like the beginning of one.
    }
  }
}

function base64(text: string): string[] {
  return ['', 'x', 'xx'].flatMap((before) => {
    const all = Buffer.from(before + text).toString('base64');
    // The letters at both ends hold bits of what stands beside it.
    const inner = all.slice(before.length === 0 ? 0 : 4, -4);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function wide(text: string): string {
  return Buffer.from(text, 'utf16le').toString('latin1');
}

function percent(text: string): string {
  return hex(text).replaceAll(/../g, '%$&');
}

function unicode(text: string): string {
  return hex(text).replaceAll(/../g, '\\u00$&');
}
