import { encodeUtf8 } from '@ioi/basis';
import {
  bitString,
  context,
  integer,
  joined,
  objectIdentifier,
  octetString,
  sequence,
  set,
  truth,
  utcTime,
  utf8,
} from './der.ts';

/** What an X.509 certificate says (RFC 5280), as far as ours say anything. */
export type Certified = {
  /** Common names, at most 64 characters. */
  readonly subject: string;
  readonly issuer: string;
  /** At most 20 bytes, the first below 0x80. */
  readonly serial: Uint8Array;
  /** As `YYMMDDHHMMSSZ`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SubjectPublicKeyInfo of an ECDSA key, in DER. */
  readonly publicKey: Uint8Array;
  /** Names of the keys, for whoever builds a chain: digests of them. */
  readonly keyId: Uint8Array;
  readonly issuerKeyId: Uint8Array;
  /** What a server is reached by; absent for an authority. */
  readonly host?: { readonly name: string } | { readonly address: Uint8Array };
};

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_ID = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const VERSION_3 = Uint8Array.of(2);
/** Bits from the highest on, and how many below the last are unused. */
const DIGITAL_SIGNATURE = bitString(Uint8Array.of(0x80), 7);
const SIGNS_CERTIFICATES = bitString(Uint8Array.of(0x06), 1);

/** The part of a certificate that its issuer signs, with ECDSA over SHA-256. */
export function toBeSigned(certified: Certified): Uint8Array {
  const { subject, issuer, serial, notBefore, notAfter, publicKey } = certified;
  return sequence(
    context(0, integer(VERSION_3), true),
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(utcTime(encodeUtf8(notBefore)), utcTime(encodeUtf8(notAfter))),
    nameOf(subject),
    publicKey,
    context(3, sequence(...extensionsOf(certified)), true),
  );
}

/** `signature` as ECDSA writes it in DER. */
export function certificate(signed: Uint8Array, signature: Uint8Array): Uint8Array {
  return sequence(signed, ECDSA_WITH_SHA256, bitString(signature));
}

function extensionsOf({ keyId, issuerKeyId, host }: Certified): readonly Uint8Array[] {
  const ids = [
    extension(SUBJECT_KEY_ID, octetString(keyId)),
    extension(AUTHORITY_KEY_ID, sequence(context(0, issuerKeyId, false))),
  ];
  if (host === undefined) {
    // An authority whose certificates are of servers, never of further authorities.
    const isAuthority = sequence(truth(), integer(Uint8Array.of(0)));
    return [
      critical(BASIC_CONSTRAINTS, isAuthority),
      critical(KEY_USAGE, SIGNS_CERTIFICATES),
      ...ids,
    ];
  }
  const alternative =
    'name' in host ? context(2, encodeUtf8(host.name), false) : context(7, host.address, false);
  return [
    critical(BASIC_CONSTRAINTS, sequence()),
    critical(KEY_USAGE, DIGITAL_SIGNATURE),
    extension(EXTENDED_KEY_USAGE, sequence(objectIdentifier(SERVER_AUTHENTICATION))),
    extension(ALTERNATIVE_NAME, sequence(alternative)),
    ...ids,
  ];
}

function extension(identifier: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(identifier), octetString(value));
}

function critical(identifier: string, value: Uint8Array): Uint8Array {
  return sequence(joined([objectIdentifier(identifier), truth(), octetString(value)]));
}

function nameOf(commonName: string): Uint8Array {
  const attribute = sequence(objectIdentifier(COMMON_NAME), utf8(encodeUtf8(commonName)));
  return sequence(set(attribute));
}
