import { type Cbor, CborTag, cborBytes } from '@ioi/canon';

/** IANA COSE algorithms: EdDSA of RFC 9053, ML-DSA-44 as registered for FIPS 204. */
export const COSE_EDDSA = -8;
export const COSE_ML_DSA_44 = -48;

export type CoseAlgorithm = typeof COSE_EDDSA | typeof COSE_ML_DSA_44;

/** What the signer of a receipt says in its protected header. */
export type ReceiptHeader = {
  readonly algorithm: CoseAlgorithm;
  readonly keyId: Uint8Array;
  /** CWT claims (RFC 9597): whose log it is, and what the entry is about. */
  readonly issuer: string;
  readonly subject: string;
  /** The hash of the leaf that it is a receipt of (RFC 9162 2.1.1). */
  readonly leaf: Uint8Array;
};

/** Where an entry stands in a tree of RFC 9162. */
export type LeafPlace = {
  readonly size: number;
  readonly index: number;
  readonly path: readonly Uint8Array[];
};

const ALGORITHM = 1;
const KEY_ID = 4;
const CLAIMS = 15;
const ISSUER = 1;
const SUBJECT = 2;
/**
 * Of the labels that RFC 9052 16.2 leaves to private use: index and path are not signed, so the
 * root alone would let one receipt pass for any leaf of its tree.
 */
const LEAF = -65_537;
const TREE_KIND = 395;
const TREE_PROOFS = 396;
const RFC9162_SHA256 = 1;
const INCLUSION = -1;
const SIGN1 = 18;
const NOTHING = new Uint8Array();

/** RFC 9052 4.4 over the root of the tree, which the receipt itself does not carry. */
export function coseReceiptSignedBytes(header: ReceiptHeader, root: Uint8Array): Uint8Array {
  return cborBytes(['Signature1', protectedBytes(header), NOTHING, root]);
}

/** A Receipt of Inclusion (RFC 9942): COSE_Sign1 with its payload detached. */
export function coseReceipt(
  header: ReceiptHeader,
  { size, index, path }: LeafPlace,
  signature: Uint8Array,
): Uint8Array {
  const proof = cborBytes([size, index, [...path]]);
  const proofs: Cbor = new Map([[INCLUSION, [proof]]]);
  const unprotected: Cbor = new Map([[TREE_PROOFS, proofs]]);
  const sign1 = [protectedBytes(header), unprotected, null, signature];
  return cborBytes(new CborTag(SIGN1, sign1));
}

function protectedBytes(header: ReceiptHeader): Uint8Array {
  const { algorithm, keyId, issuer, subject, leaf } = header;
  const claims: Cbor = new Map([
    [ISSUER, issuer],
    [SUBJECT, subject],
  ]);
  return cborBytes(
    new Map<number, Cbor>([
      [ALGORITHM, algorithm],
      [KEY_ID, keyId],
      [CLAIMS, claims],
      [TREE_KIND, RFC9162_SHA256],
      [LEAF, leaf],
    ]),
  );
}
