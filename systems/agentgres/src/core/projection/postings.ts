/** Entries of one segment at most: a place in it takes two bytes, a set of them 512. */
export const SEGMENT_ENTRIES = 4_096;
/** Three letters are told apart by so many numbers: what is in a segment is bounded by it. */
export const GRAMS = 2 ** 16;
const SET_BYTES = SEGMENT_ENTRIES / 8;
const NEWLINE = 10;

/** Calls `each` with the number of any three letters that stand together in one line. */
export function eachGram(text: string, each: (gram: number) => void): void {
  for (let at = 2; at < text.length; at += 1) {
    const last = text.charCodeAt(at);
    // No word that is looked for goes on in another line.
    if (last === NEWLINE) at += 2;
    else each(gramOf(text.charCodeAt(at - 2), text.charCodeAt(at - 1), last));
  }
}

/** Different letters may have one number; whoever finds something by it reads the text itself. */
function gramOf(first: number, second: number, third: number): number {
  const sum = Math.imul(first, 0x85ebca6b) ^ Math.imul(second, 0xc2b2ae35);
  const mixed = sum ^ Math.imul(third, 0x27d4eb2f);
  return Math.imul(mixed ^ (mixed >>> 15), 0x9e3779b1) >>> 16;
}

/** Of each gram in the texts of a segment, the places that have it; grams in order. */
export function postingsOf(texts: ReadonlyMap<number, string>): Map<number, Uint8Array> {
  const places = new Map<number, number[]>();
  for (const [place, text] of texts) {
    eachGram(text, (gram) => {
      const found = places.get(gram);
      if (found === undefined) places.set(gram, [place]);
      else if (found.at(-1) !== place) found.push(place);
    });
  }
  const inOrder = [...places].sort(([one], [other]) => one - other);
  return new Map(inOrder.map(([gram, found]) => [gram, packed(found)]));
}

/** A list of places where few are, a set of bits where many are: told apart by its length. */
function packed(places: readonly number[]): Uint8Array {
  const isMany = places.length * 2 >= SET_BYTES;
  const bytes = new Uint8Array(isMany ? SET_BYTES : places.length * 2);
  places.forEach((place, at) => {
    if (isMany) bytes[place >>> 3] = (bytes[place >>> 3] as number) | (1 << (place & 7));
    else bytes.set([place & 0xff, place >>> 8], at * 2);
  });
  return bytes;
}

/** The places as they were packed, in order. */
export function placesIn(posting: Uint8Array): number[] {
  const places: number[] = [];
  if (posting.length !== SET_BYTES) {
    for (let at = 0; at + 1 < posting.length; at += 2) {
      places.push(placeAt(posting, at));
    }
    return places;
  }
  for (let at = 0; at < SET_BYTES; at += 1) {
    const bits = posting[at] as number;
    for (let bit = 0; bits >>> bit !== 0; bit += 1) {
      if (((bits >>> bit) & 1) !== 0) places.push(at * 8 + bit);
    }
  }
  return places;
}

/** Those of `places`, in order, that are packed there too. */
export function narrowed(places: readonly number[], posting: Uint8Array): number[] {
  const isSet = posting.length === SET_BYTES;
  const both: number[] = [];
  let at = 0;
  for (const place of places) {
    if (isSet) {
      if ((((posting[place >>> 3] as number) >>> (place & 7)) & 1) !== 0) both.push(place);
      continue;
    }
    while (at + 1 < posting.length && placeAt(posting, at) < place) at += 2;
    if (at + 1 < posting.length && placeAt(posting, at) === place) both.push(place);
  }
  return both;
}

function placeAt(posting: Uint8Array, at: number): number {
  return (posting[at] as number) | ((posting[at + 1] as number) << 8);
}
