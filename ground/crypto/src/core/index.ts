export { type AeadContext, openAead, sealAead } from './aead.ts';
export { type Checkpoint, formatCheckpoint, parseCheckpoint, type RootText } from './checkpoint.ts';
export type {
  CryptoCode,
  CryptoError,
  KeyFileCode,
  KeyFileError,
  NoteCode,
  NoteError,
} from './codes.ts';
export type { SignatureDomain } from './domain.ts';
export {
  type AlgorithmId,
  type HybridPublicKey,
  type HybridSignature,
  keyId,
  type PublicKey,
  type Signature,
  type SinglePublicKey,
  type SingleSignature,
} from './keys.ts';
export {
  formatNote,
  formatSignatures,
  isNoteName,
  type Note,
  type NoteKeyType,
  type NoteSignature,
  parseNote,
  parseSignatures,
} from './note.ts';
export {
  formatNoteKey,
  isLineOf,
  type NoteKey,
  type NoteKeyPair,
  noteKeysOf,
  parseNoteKey,
  witnessKeysOf,
} from './note-key.ts';
export { type NoteSigner, type VerifiedNote, verifyNote } from './note-verify.ts';
export { rememberingLast, type VerifierRegistry, verifierRegistry } from './registry.ts';
