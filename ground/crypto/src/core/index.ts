export { type AeadContext, openAead, sealAead } from './aead.ts';
export { type AuthenticatorKey, type ProviderKey, verifyAuthenticator } from './authenticator.ts';
export { type Checkpoint, formatCheckpoint, parseCheckpoint, type RootText } from './checkpoint.ts';
export type {
  CryptoCode,
  CryptoError,
  KeyFileCode,
  KeyFileError,
  NoteCode,
  NoteError,
  PhraseCode,
  PhraseError,
  ShareCode,
  ShareError,
} from './codes.ts';
export {
  COSE_EDDSA,
  COSE_ML_DSA_44,
  type CoseAlgorithm,
  coseReceipt,
  coseReceiptSignedBytes,
  type LeafPlace,
  type ReceiptHeader,
} from './cose-receipt.ts';
export { type SignatureDomain, signedBytes } from './domain.ts';
export { dsseSignedBytes } from './dsse.ts';
export { evmAddressOf } from './evm-address.ts';
export { type FrameKey, openFrame, sealFrame } from './frame.ts';
export {
  type AlgorithmId,
  type HybridPublicKey,
  type HybridSignature,
  keyId,
  type PublicKey,
  type Signature,
  type SinglePublicKey,
  type SingleSignature,
  type ThresholdPublicKey,
  type ThresholdSignature,
} from './keys.ts';
export { withLowS } from './low-s.ts';
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
export { type RawMessages, type RawSignatures, spkiOf, verifyRaw } from './raw-signatures.ts';
export { rememberingLast, type VerifierRegistry, verifierRegistry } from './registry.ts';
export { type SigningRequest, sigv4 } from './sigv4.ts';
