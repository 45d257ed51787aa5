export {
  aggregateShares,
  type GroupKey,
  type NonceCommitment,
  newNonces,
  type OwnShare,
  type SigningNonces,
  signShare,
} from './frost.ts';
export { type Founding, foundingRound1, foundingRound2, foundingRound3 } from './frost-founding.ts';
export {
  decapsulateWith,
  type Encapsulated,
  encapsulateTo,
  type HybridKemCiphertext,
  type HybridKemKey,
  type HybridKemPublicKey,
  hybridKemKey,
  kemKeyOf,
} from './hybrid-kem.ts';
export { openKeyFile, sealKeyFile } from './key-file.ts';
export {
  deriveSecret,
  generateHybridKey,
  type HybridKey,
  type HybridSeeds,
  signEd25519,
  signEd25519Raw,
  signHybrid,
  signMlDsa44RawAsync,
} from './keys.ts';
export { cosignCheckpoint, cosignCheckpointEd25519, signNote } from './note-sign.ts';
export {
  freshKdf,
  isAffordable,
  type Kdf,
  type KdfCost,
  passphraseKey,
} from './passphrase-key.ts';
export { createSeedFile, readSeedFile } from './seed-file.ts';
export { AsideVerifier } from './verify-aside.ts';
