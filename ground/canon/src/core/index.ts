export { sha256 } from '#platform';
export { canonicalBytes, canonicalJson } from './canonical.ts';
export { type Cbor, CborTag, cborBytes } from './cbor.ts';
export { cidOf } from './cid.ts';
export type { CanonCode, CanonError } from './codes.ts';
export { type Digest, digestBytes, digesting, digestOf, isDigest } from './digest.ts';
export type { Json } from './json.ts';
export { type ParseLimits, parseStrict } from './strict.ts';
