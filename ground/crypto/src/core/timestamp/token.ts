import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { TimestampError } from '../codes.ts';
import {
  contextTag,
  type Der,
  GENERALIZED_TIME,
  INTEGER,
  isObjectId,
  itemsOf,
  OBJECT_ID,
  OCTETS,
  readDer,
  SEQUENCE,
  SET,
} from './der.ts';

/** A token as it was signed, its parts not yet checked against anything. */
export type TimestampToken = {
  /** TSTInfo, which is what the authority says. */
  readonly info: Uint8Array;
  readonly said: TimestampSaid;
  readonly certificates: readonly Uint8Array[];
  readonly signer: TokenSigner;
};

export type TimestampSaid = {
  readonly policy: Uint8Array;
  readonly imprintAlgorithm: Der;
  readonly imprint: Uint8Array;
  /** `2026-11-22T20:38:32Z`, with the fraction where there is one. */
  readonly time: string;
  /** As it is written, INTEGER and all. */
  readonly nonce?: Uint8Array | undefined;
};

export type TokenSigner = {
  readonly issuerAndSerial: Der;
  readonly digestAlgorithm: Der;
  readonly signatureAlgorithm: Der;
  readonly signature: Uint8Array;
  /** Attributes in the form in which they are signed. */
  readonly signedBytes: Uint8Array;
  readonly attributes: readonly TokenAttribute[];
};

export type TokenAttribute = { readonly type: Der; readonly value: Der };

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const GRANTED = [0, 1];
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d*[1-9])?Z$/;
const BOOLEAN = 0x01;

/** A TimeStampResp (RFC 3161 2.4.2) with its token; every byte of it has its place. */
export function readTimestamp(response: Uint8Array): Result<TimestampToken, TimestampError> {
  const [status, token, ...more] = itemsOf(readDer(response), SEQUENCE) ?? [];
  const [granted] = itemsOf(status, SEQUENCE) ?? [];
  if (granted?.tag !== INTEGER || granted.body.length !== 1) return malformed('no response');
  if (!GRANTED.includes(granted.body[0] ?? 2)) {
    const message = `the authority refused, with status ${granted.body[0]}`;
    return err({ code: 'timestamp.refused', message });
  }
  const read = token && more.length === 0 ? readToken(token) : undefined;
  return read ? ok(read) : malformed('the response holds no token');
}

function readToken(token: Der): TimestampToken | undefined {
  const [type, wrapped] = itemsOf(token, SEQUENCE) ?? [];
  if (!isObjectId(type, SIGNED_DATA)) return undefined;
  const [data] = itemsOf(wrapped, contextTag(0)) ?? [];
  const [version, , content, ...rest] = itemsOf(data, SEQUENCE) ?? [];
  const info = contentOf(content);
  const signers = itemsOf(rest.at(-1), SET);
  const [held] = rest.filter(({ tag }) => tag === contextTag(0));
  const certificates = held === undefined ? [] : itemsOf(held, contextTag(0));
  if (version?.tag !== INTEGER || !info || signers?.length !== 1 || !certificates) return undefined;
  const said = readInfo(info);
  const signer = readSigner(signers[0]);
  if (!said || !signer) return undefined;
  return { info, said, signer, certificates: certificates.map(({ bytes }) => bytes) };
}

function contentOf(content: Der | undefined): Uint8Array | undefined {
  const [type, wrapped] = itemsOf(content, SEQUENCE) ?? [];
  const [octets, ...more] = itemsOf(wrapped, contextTag(0)) ?? [];
  const isInfo = isObjectId(type, TST_INFO) && octets?.tag === OCTETS && more.length === 0;
  return isInfo ? octets.body : undefined;
}

function readInfo(info: Uint8Array): TimestampSaid | undefined {
  const [version, policy, imprint, serial, time, ...rest] = itemsOf(readDer(info), SEQUENCE) ?? [];
  const [algorithm, digest, ...more] = itemsOf(imprint, SEQUENCE) ?? [];
  const isKnown = version?.tag === INTEGER && version.body.length === 1 && version.body[0] === 1;
  if (!isKnown || policy?.tag !== OBJECT_ID || serial?.tag !== INTEGER) return undefined;
  if (!algorithm || digest?.tag !== OCTETS || more.length > 0) return undefined;
  const text = time?.tag === GENERALIZED_TIME ? timeText(time.body) : undefined;
  if (text === undefined || !isTail(rest)) return undefined;
  const nonce = rest.find(({ tag }) => tag === INTEGER);
  return {
    policy: policy.bytes,
    imprintAlgorithm: algorithm,
    imprint: digest.body,
    time: text,
    nonce: nonce?.bytes,
  };
}

/** What may follow the time, each once and in this order: accuracy, ordering, nonce, and names. */
function isTail(rest: readonly Der[]): boolean {
  const order = [SEQUENCE, BOOLEAN, INTEGER, contextTag(0), contextTag(1)];
  const places = rest.map(({ tag }) => order.indexOf(tag));
  return places.every((place, at) => place >= 0 && place > (places[at - 1] ?? -1));
}

function readSigner(value: Der | undefined): TokenSigner | undefined {
  const [version, issuerAndSerial, digestAlgorithm, attributes, ...rest] =
    itemsOf(value, SEQUENCE) ?? [];
  const [signatureAlgorithm, signature] = rest;
  const items = itemsOf(attributes, contextTag(0));
  if (version?.tag !== INTEGER || issuerAndSerial?.tag !== SEQUENCE) return undefined;
  if (!digestAlgorithm || !attributes || !items) return undefined;
  if (!signatureAlgorithm || signature?.tag !== OCTETS) return undefined;
  const read = items.map(readAttribute);
  if (!read.every((each) => each !== undefined)) return undefined;
  // RFC 5652 5.4: what is signed has the tag of a SET in place of the one it travels under.
  const signedBytes = attributes.bytes.slice();
  signedBytes[0] = SET;
  return {
    issuerAndSerial,
    digestAlgorithm,
    signatureAlgorithm,
    signature: signature.body,
    signedBytes,
    attributes: read,
  };
}

function readAttribute(value: Der): TokenAttribute | undefined {
  const [type, values] = itemsOf(value, SEQUENCE) ?? [];
  const [only, ...more] = itemsOf(values, SET) ?? [];
  return type && only && more.length === 0 ? { type, value: only } : undefined;
}

function timeText(bytes: Uint8Array): string | undefined {
  const [, year, month, day, hour, minute, second, fraction = ''] =
    TIME.exec(decodeUtf8(bytes) ?? '') ?? [];
  if (year === undefined) return undefined;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`;
}

function malformed(message: string): Result<never, TimestampError> {
  return err({ code: 'timestamp.malformed', message });
}
