import { assert } from './assert.ts';

const UINT32_SIZE = 0x1_0000_0000;

/** Reproducible numbers for simulations and tests. Never a source of keys or nonces. */
export type SeededRandom = {
  /** An unsigned 32-bit integer. */
  next(): number;
  /** An integer in `0..limit-1`, without bias; `limit` is at most 2^32. */
  below(limit: number): number;
  bytes(count: number): Uint8Array;
};

/** xoshiro128** 1.1 (Blackman, Vigna), its state filled from the seed by splitmix32. */
export function seededRandom(seed: number | string): SeededRandom {
  const state = fillState(typeof seed === 'string' ? hashText(seed) : seed >>> 0);
  const next = (): number => advance(state);
  const below = (limit: number): number => {
    assert(Number.isSafeInteger(limit) && limit > 0 && limit <= UINT32_SIZE, 'limit in 1..2^32');
    const fair = UINT32_SIZE - (UINT32_SIZE % limit);
    let drawn = next();
    while (drawn >= fair) drawn = next();
    return drawn % limit;
  };
  const bytes = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 1) out[at] = next() >>> 24;
    return out;
  };
  return { next, below, bytes };
}

function advance(state: Uint32Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = state;
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
  const mixed = c ^ a;
  const last = d ^ b;
  state[0] = a ^ last;
  state[1] = b ^ mixed;
  state[2] = mixed ^ (b << 9);
  state[3] = rotateLeft(last, 11);
  return result;
}

function rotateLeft(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}

function fillState(seed: number): Uint32Array {
  const state = new Uint32Array(4);
  let counter = seed;
  for (let at = 0; at < 4; at += 1) {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    state[at] = mixed ^ (mixed >>> 15);
  }
  return state;
}

// FNV-1a over code units: enough to tell named seeds apart.
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
