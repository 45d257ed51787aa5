import { encodeUtf8 } from '@ioi/basis';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ed25519At } from './hd-keys.ts';

/**
 * Who holds a key (whitepaper 7.2): the owner's root of authority, a manager it delegates to, a
 * worker's session.
 */
export type IdentityTier = 'master' | 'manager' | 'worker';

export const identityTiers: readonly IdentityTier[] = ['master', 'manager', 'worker'];

/** The letters IOI; SLIP-0044 has no entry for it, so no other coin's keys are met. */
const COIN_TYPE = 0x49_4f_49;
const SEED_SIZE = 32;

/** Where the classical half of a tier's key stands (SLIP-0010). */
export function tierPath(tier: IdentityTier, index: number): string {
  return `m/44'/${COIN_TYPE}'/${identityTiers.indexOf(tier)}'/${index}'`;
}

/** Under which name the post-quantum half is derived: no other half has it. */
export function tierInfo(tier: IdentityTier, index: number): string {
  return `ioi/ml-dsa-44/v1/${tier}/${index}`;
}

/** What the hybrid key of a tier is made from, 32 bytes each (whitepaper 6.1). */
export function tierSeeds(
  rootSeed: Uint8Array,
  tier: IdentityTier,
  index: number,
): { readonly ed25519: Uint8Array; readonly mlDsa44: Uint8Array } {
  const info = encodeUtf8(tierInfo(tier, index));
  return {
    ed25519: ed25519At(rootSeed, tierPath(tier, index)).key,
    mlDsa44: hkdf(sha256, rootSeed, encodeUtf8('ioi root v1'), info, SEED_SIZE),
  };
}
