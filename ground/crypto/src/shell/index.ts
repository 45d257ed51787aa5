export { type KdfCost, openKeyFile, sealKeyFile } from './key-file.ts';
export {
  deriveSecret,
  generateHybridKey,
  type HybridKey,
  type HybridSeeds,
  signEd25519,
  signHybrid,
  signMlDsa44RawAsync,
} from './keys.ts';
export { cosignCheckpoint, cosignCheckpointEd25519, signNote } from './note-sign.ts';
export { createSeedFile, readSeedFile } from './seed-file.ts';
export { AsideVerifier } from './verify-aside.ts';
