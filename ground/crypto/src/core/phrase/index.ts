export { evmAddress, evmKey, evmPath } from './evm-address.ts';
export { ENTROPY_SIZE, entropyOf, phraseOf, rootSeedOf } from './mnemonic.ts';
export { joinShares, MOST_SHARES, type Splitting, splitSecret } from './shares.ts';
export { type IdentityTier, identityTiers, tierInfo, tierPath, tierSeeds } from './tiers.ts';
