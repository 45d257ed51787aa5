import { argon2, randomBytes } from 'node:crypto';
import { decodeBase64, encodeBase64, encodeUtf8 } from '@ioi/basis';

/** Argon2id (RFC 9106): memory in KiB, passes over it, lanes. */
export type KdfCost = {
  readonly memory_kib: number;
  readonly passes: number;
  readonly parallelism: number;
};

/** All of a derivation but the passphrase; 16 bytes of salt, in base64. */
export type Kdf = KdfCost & { readonly name: 'argon2id'; readonly salt: string };

/** RFC 9106 section 4, second recommendation: about 0.2 s on one core. */
const DEFAULT_KDF_COST: KdfCost = { memory_kib: 64 * 1024, passes: 3, parallelism: 4 };

// A file is somebody else's data: what it may make us spend is bounded, one by one and together.
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_PASSES = 16;
const MAX_PARALLELISM = 16;
const MAX_MEMORY_PASSES = 4 * MAX_MEMORY_KIB;

const SALT_SIZE = 16;
const KEY_SIZE = 32;

/** A derivation of its own, under a fresh salt. */
export function freshKdf(cost: KdfCost = DEFAULT_KDF_COST): Kdf {
  const { memory_kib, passes, parallelism } = cost;
  const salt = encodeBase64(randomBytes(SALT_SIZE));
  return { name: 'argon2id', memory_kib, passes, parallelism, salt };
}

/** Whether what a file asks for is within what is spent on it, and has its salt. */
export function isAffordable(kdf: Readonly<Record<string, unknown>>): boolean {
  const { memory_kib: memory, passes, parallelism } = kdf;
  if (!isBetween(parallelism, 1, MAX_PARALLELISM) || !isBetween(passes, 1, MAX_PASSES)) {
    return false;
  }
  // RFC 9106 3.1: at least 8 KiB a lane.
  if (!isBetween(memory, 8 * parallelism, MAX_MEMORY_KIB)) return false;
  return memory * passes <= MAX_MEMORY_PASSES;
}

/** 32 bytes, off the main thread. Keyboards differ in how they compose accents; NFC makes one. */
export function passphraseKey(kdf: Kdf, passphrase: string): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const parameters = {
    message: encodeUtf8(passphrase.normalize('NFC')),
    nonce: decodeBase64(kdf.salt) ?? new Uint8Array(),
    parallelism: kdf.parallelism,
    tagLength: KEY_SIZE,
    memory: kdf.memory_kib,
    passes: kdf.passes,
  };
  argon2('argon2id', parameters, (fault, key) => {
    if (fault === null) resolve(key);
    else reject(fault);
  });
  return promise;
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
