import {
  BOOLEAN,
  der,
  derInteger,
  derNull,
  derObjectId,
  INTEGER,
  OCTETS,
  SEQUENCE,
} from './der.ts';

export const SHA_256 = '2.16.840.1.101.3.4.2.1';

export type TimestampRequest = {
  /** SHA-256 of what is stamped. */
  readonly digest: Uint8Array;
  readonly nonce: Uint8Array;
  /** The policy under which it must be stamped; the authority's own unless told. */
  readonly policy?: string | undefined;
};

/** TimeStampReq (RFC 3161 2.4.1), which asks for the certificate of the signer as well. */
export function timestampRequest({ digest, nonce, policy }: TimestampRequest): Uint8Array {
  const algorithm = der(SEQUENCE, derObjectId(SHA_256), derNull());
  return der(
    SEQUENCE,
    der(INTEGER, new Uint8Array([1])),
    der(SEQUENCE, algorithm, der(OCTETS, digest)),
    ...(policy === undefined ? [] : [derObjectId(policy)]),
    derInteger(nonce),
    der(BOOLEAN, new Uint8Array([0xff])),
  );
}
