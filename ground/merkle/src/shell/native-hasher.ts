import { createRequire } from 'node:module';
import { hashPairs, type PairHasher } from '../core/index.ts';

type Hashtree = { readonly hashInto: PairHasher };

const require = createRequire(import.meta.url);

/**
 * The fastest hasher this machine has: vector instructions where the package for this platform is
 * installed and native code may be loaded, else the one that works everywhere.
 */
export function fastestPairHasher(): PairHasher {
  try {
    const { hashInto } = require('@chainsafe/hashtree') as Hashtree;
    return agreesWith(hashInto) ? hashInto : hashPairs;
  } catch {
    return hashPairs;
  }
}

/** A binary nobody here compiled is believed after it gave the right answers, wide and narrow. */
export function agreesWith(hashInto: PairHasher): boolean {
  const input = Uint8Array.from({ length: 64 * 17 }, (_, at) => at % 251);
  const [given, right] = [new Uint8Array(32 * 17), new Uint8Array(32 * 17)];
  hashInto(input, given);
  hashPairs(input, right);
  return given.every((byte, at) => byte === right[at]);
}
