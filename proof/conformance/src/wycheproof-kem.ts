import { createPublicKey, decapsulate, diffieHellman, encapsulate } from 'node:crypto';
import { type HybridKemKey, hybridKemKey } from '@ioi/crypto/shell';
import { check, type Tally } from './tally.ts';
import { hexBytes } from './vectors.ts';

type Result = 'valid' | 'acceptable' | 'invalid';
type Case = { readonly tcId: number; readonly result: Result; readonly flags?: readonly string[] };
type Exchange = Case & Record<'private' | 'public' | 'shared', string>;
type Sealed = Case & { readonly seed: string; readonly ek?: string; readonly c: string } & {
  readonly K: string;
};
type Made = Case & Record<'seed' | 'ek', string>;
type Taken = Case & Record<'ek', string>;
export type KemGroups = <T>(name: string) => readonly { readonly tests: readonly T[] }[];

const NO_CLASSICAL = new Uint8Array(32).fill(1);
const NO_QUANTUM = new Uint8Array(64);

/** The two halves of our hybrid key encapsulation, each by itself. */
export function runKem(tally: Tally, groups: KemGroups): void {
  for (const test of groups<Exchange>('x25519').flatMap(({ tests }) => tests)) agree(tally, test);
  for (const test of groups<Sealed>('mlkem_768').flatMap(({ tests }) => tests)) open(tally, test);
  for (const test of groups<Made>('mlkem_768_keygen_seed').flatMap(({ tests }) => tests)) {
    const same = keyFrom(NO_CLASSICAL, hexBytes(test.seed))?.publicKey.ml_kem_768;
    check(tally, `mlkem_768_keygen_seed ${test.tcId}`, same === base64(test.ek));
  }
  for (const test of groups<Taken>('mlkem_768_encaps').flatMap(({ tests }) => tests)) {
    // Its ciphertexts follow from a given message; ours is drawn: what is checked is the key.
    const isTaken = made(() => encapsulate(mlKem(test.ek))) !== undefined;
    check(tally, `mlkem_768_encaps ${test.tcId}`, isTaken === (test.result === 'valid'));
  }
}

/** A secret of zeros is none (RFC 7748 6.1): keys of small order are refused. */
function agree(tally: Tally, test: Exchange): void {
  const key = keyFrom(hexBytes(test.private), NO_QUANTUM);
  const theirs = { key: Buffer.from(hexBytes(test.public)), format: 'raw-public' } as const;
  const shared = made(() =>
    diffieHellman({
      privateKey: key?.x25519 as HybridKemKey['x25519'],
      publicKey: createPublicKey({ ...theirs, asymmetricKeyType: 'x25519' }),
    }).toString('hex'),
  );
  const isZero = /^0+$/.test(test.shared);
  check(tally, `x25519 ${test.tcId}`, shared === (isZero ? undefined : test.shared));
}

function open(tally: Tally, test: Sealed): void {
  const key = keyFrom(NO_CLASSICAL, hexBytes(test.seed));
  const opened = made(() =>
    decapsulate(key?.mlKem768 as HybridKemKey['mlKem768'], hexBytes(test.c)).toString('hex'),
  );
  const isHeld = test.result === 'valid' ? opened === test.K : opened === undefined;
  check(tally, `mlkem_768 ${test.tcId}`, isHeld);
}

function keyFrom(x25519: Uint8Array, mlKem768: Uint8Array): HybridKemKey | undefined {
  return made(() => hybridKemKey({ x25519, mlKem768 }));
}

function mlKem(hex: string) {
  const key = Buffer.from(hexBytes(hex));
  return createPublicKey({ key, format: 'raw-public', asymmetricKeyType: 'ml-kem-768' });
}

function base64(hex: string): string {
  return Buffer.from(hexBytes(hex)).toString('base64');
}

function made<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
