import { createHash, verify, X509Certificate } from 'node:crypto';
import { encodeHex, err, ok, type Result } from '@ioi/basis';
import type { TimestampCode, TimestampError } from '../../core/codes.ts';
import { certificateFacts } from '../../core/timestamp/certificate.ts';
import {
  type Der,
  derInteger,
  derObjectId,
  isObjectId,
  itemsOf,
  OCTETS,
  SEQUENCE,
  sameBytes,
} from '../../core/timestamp/der.ts';
import { SHA_256 } from '../../core/timestamp/request.ts';
import {
  readTimestamp,
  type TimestampToken,
  type TokenSigner,
} from '../../core/timestamp/token.ts';

/** What a time stamp has to be of, and by whom. */
export type TimestampDemand = {
  /** SHA-256 of what is stamped. */
  readonly digest: Uint8Array;
  /** Whoever is named here may have signed, or let others sign. */
  readonly trusted: readonly X509Certificate[];
  /** Of the question that was asked; one that was kept is held against none. */
  readonly nonce?: Uint8Array | undefined;
  readonly policy?: string | undefined;
};

export type VerifiedTimestamp = {
  /** RFC 3339, in UTC. */
  readonly time: string;
  /** Subject of the certificate that signed. */
  readonly authority: string;
};

const HASHES: ReadonlyMap<string, string> = new Map([
  [SHA_256, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
/** With what is hashed before it is signed, where the algorithm says so itself. */
const SIGNATURES: ReadonlyMap<string, string | undefined> = new Map<string, string | undefined>([
  ['1.2.840.113549.1.1.1', undefined],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const LEAST_RSA_BITS = 2048;
const LONGEST_CHAIN = 6;

/** Every certificate of a PEM file; throws where there is none. */
export function trustedCertificates(pem: string): X509Certificate[] {
  const parts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (parts.length === 0) throw new TypeError('there is no certificate in PEM');
  return parts.map((part) => new X509Certificate(part));
}

/** RFC 3161 2.2 and 2.3, RFC 5816: anything that is not exactly so refuses the stamp. */
export function verifyTimestamp(
  response: Uint8Array,
  demand: TimestampDemand,
): Result<VerifiedTimestamp, TimestampError> {
  const read = readTimestamp(response);
  if (!read.ok) return read;
  const token = read.value;
  const { said, signer } = token;
  if (!isObjectId(algorithmOf(said.imprintAlgorithm), SHA_256) || !isOf(said, demand)) {
    return refuse('timestamp.other_imprint', 'it is of something else');
  }
  if (demand.nonce && !(said.nonce && sameBytes(said.nonce, derInteger(demand.nonce)))) {
    return refuse('timestamp.wrong_nonce', 'it answers another question');
  }
  if (demand.policy !== undefined && !sameBytes(said.policy, derObjectId(demand.policy))) {
    return refuse('timestamp.other_policy', 'it was made under another policy');
  }
  const certificate = signingCertificate(token, demand.trusted);
  if (!certificate.ok) return certificate;
  const chain = chainOf(certificate.value, token, demand.trusted);
  if (!chain) return refuse('timestamp.foreign_certificate', 'no trusted certificate vouches');
  const at = Date.parse(said.time);
  if (!chain.every((each) => isValidAt(each, at))) {
    return refuse('timestamp.expired_certificate', `a certificate was not valid at ${said.time}`);
  }
  const signed = checkSignature(signer, token.info, certificate.value);
  if (!signed.ok) return signed;
  return ok({ time: said.time, authority: certificate.value.subject.replaceAll('\n', ', ') });
}

function isOf({ imprint }: TimestampToken['said'], { digest }: TimestampDemand): boolean {
  return sameBytes(imprint, digest);
}

/** The one whose hash the signed attributes have, and no other of the same name. */
function signingCertificate(
  { certificates, signer }: TimestampToken,
  trusted: readonly X509Certificate[],
): Result<X509Certificate, TimestampError> {
  const named = namedCertificate(signer);
  if (!named) return refuse('timestamp.malformed', 'it does not say which certificate signed');
  const known = [...certificates, ...trusted.map(({ raw }) => new Uint8Array(raw))];
  const bytes = known.find((each) =>
    sameBytes(named.digest, new Uint8Array(createHash(named.hash).update(each).digest())),
  );
  const facts = bytes && certificateFacts(bytes);
  if (!bytes || !facts)
    return refuse('timestamp.foreign_certificate', 'its certificate is missing');
  const [issuer, serial] = itemsOf(signer.issuerAndSerial, SEQUENCE) ?? [];
  const isNamed =
    issuer &&
    serial &&
    sameBytes(issuer.bytes, facts.issuer) &&
    sameBytes(serial.bytes, facts.serial);
  if (!isNamed) return refuse('timestamp.foreign_certificate', 'it names another certificate');
  if (!facts.isForTimestamps) {
    return refuse('timestamp.not_for_timestamps', 'its certificate is not for time stamps alone');
  }
  const certificate = certificateIn(bytes);
  if (certificate) return ok(certificate);
  return refuse('timestamp.foreign_certificate', 'its certificate cannot be read');
}

/** ESSCertIDv2 (RFC 5816), or ESSCertID, which is SHA-1 and only names what is checked besides. */
function namedCertificate({ attributes }: TokenSigner) {
  for (const [type, otherwise] of [
    [SIGNING_CERTIFICATE_V2, 'sha256'],
    [SIGNING_CERTIFICATE, 'sha1'],
  ] as const) {
    const attribute = attributes.find((each) => isObjectId(each.type, type));
    const [certificates] = itemsOf(attribute?.value, SEQUENCE) ?? [];
    const [first] = itemsOf(certificates, SEQUENCE) ?? [];
    const items = itemsOf(first, SEQUENCE) ?? [];
    // The algorithm stands first, where it is not the one that goes without saying.
    const [algorithm] = items[0]?.tag === SEQUENCE ? items : [];
    const digest = algorithm ? items[1] : items[0];
    const hash = algorithm ? hashOf(algorithm) : otherwise;
    if (digest?.tag === OCTETS && hash !== undefined) return { digest: digest.body, hash };
  }
  return undefined;
}

/** From the signer to one that is trusted, who is a part of it. */
function chainOf(
  signer: X509Certificate,
  { certificates }: TimestampToken,
  trusted: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const between = certificates.flatMap((bytes) => certificateIn(bytes) ?? []);
  const chain = [signer];
  while (chain.length < LONGEST_CHAIN) {
    const last = chain.at(-1) as X509Certificate;
    if (trusted.some(({ raw }) => raw.equals(last.raw))) return chain;
    const issued = (by: X509Certificate): boolean =>
      by.ca && last.checkIssued(by) && last.verify(by.publicKey);
    const next = trusted.find(issued) ?? between.find(issued);
    if (!next) return undefined;
    chain.push(next);
  }
  return undefined;
}

function certificateIn(bytes: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, at: number): boolean {
  return validFromDate.getTime() <= at && at <= validToDate.getTime();
}

/** RFC 5652 5.4: over the attributes, which hold the digest of what is said. */
function checkSignature(
  { attributes, digestAlgorithm, signatureAlgorithm, signature, signedBytes }: TokenSigner,
  info: Uint8Array,
  { publicKey }: X509Certificate,
): Result<void, TimestampError> {
  const valueIn = (type: string): Der | undefined => {
    const found = attributes.filter((each) => isObjectId(each.type, type));
    return found.length === 1 ? found[0]?.value : undefined;
  };
  const hash = hashOf(digestAlgorithm);
  const algorithm = algorithmOf(signatureAlgorithm);
  const [known] = [...SIGNATURES].filter(([id]) => isObjectId(algorithm, id));
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
  if (hash === undefined || !known || bits < LEAST_RSA_BITS) {
    return refuse('timestamp.weak_algorithm', 'it is signed in a way that is not believed here');
  }
  const digest = valueIn(MESSAGE_DIGEST);
  const isSaid =
    isObjectId(valueIn(CONTENT_TYPE), TST_INFO) &&
    digest?.tag === OCTETS &&
    encodeHex(digest.body) === createHash(hash).update(info).digest('hex');
  const [, own = hash] = known;
  if (isSaid && isSigned(own, { signedBytes, publicKey, signature })) return ok(undefined);
  return refuse('timestamp.bad_signature', 'its signature does not hold');
}

type Signed = {
  readonly signedBytes: Uint8Array;
  readonly publicKey: X509Certificate['publicKey'];
  readonly signature: Uint8Array;
};

function isSigned(hash: string, { signedBytes, publicKey, signature }: Signed): boolean {
  const isKnown = publicKey.asymmetricKeyType === 'rsa' || publicKey.asymmetricKeyType === 'ec';
  return isKnown && verify(hash, signedBytes, publicKey, signature);
}

function hashOf(algorithm: Der): string | undefined {
  const id = algorithmOf(algorithm);
  return [...HASHES].find(([dotted]) => isObjectId(id, dotted))?.[1];
}

/** AlgorithmIdentifier: its object identifier. */
function algorithmOf(value: Der): Der | undefined {
  return itemsOf(value, SEQUENCE)?.[0];
}

function refuse(code: TimestampCode, message: string): Result<never, TimestampError> {
  return err({ code, message });
}
