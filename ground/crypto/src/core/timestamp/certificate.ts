import {
  BOOLEAN,
  contextTag,
  type Der,
  isObjectId,
  itemsOf,
  OCTETS,
  readDer,
  SEQUENCE,
} from './der.ts';

const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

/** What a certificate (RFC 5280 4.1) says that decides whether it may sign time stamps. */
export type CertificateFacts = {
  readonly issuer: Uint8Array;
  /** As it is written, INTEGER and all. */
  readonly serial: Uint8Array;
  /** RFC 3161 2.3: its one purpose, and critical. */
  readonly isForTimestamps: boolean;
};

export function certificateFacts(certificate: Uint8Array): CertificateFacts | undefined {
  const [signed] = itemsOf(readDer(certificate), SEQUENCE) ?? [];
  const items = itemsOf(signed, SEQUENCE) ?? [];
  // The version stands first in all but those of version 1.
  const from = items[0]?.tag === contextTag(0) ? 1 : 0;
  const [serial, issuer] = [items[from], items[from + 2]];
  if (!serial || !issuer) return undefined;
  const last = items.at(-1);
  const [list] = (last && itemsOf(last, contextTag(3))) ?? [];
  const extensions = itemsOf(list, SEQUENCE) ?? [];
  return {
    issuer: issuer.bytes,
    serial: serial.bytes,
    isForTimestamps: extensions.some(isTimestampingOnly),
  };
}

function isTimestampingOnly(extension: Der): boolean {
  const [id, critical, value] = itemsOf(extension, SEQUENCE) ?? [];
  if (!isObjectId(id, EXTENDED_KEY_USAGE) || value?.tag !== OCTETS) return false;
  const isCritical = critical?.tag === BOOLEAN && critical.body[0] === 0xff;
  const purposes = itemsOf(readDer(value.body), SEQUENCE) ?? [];
  return isCritical && purposes.length === 1 && isObjectId(purposes[0], TIME_STAMPING);
}
