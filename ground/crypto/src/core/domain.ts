import { encodeUtf8 } from '@ioi/basis';

/** What a signature is about, so that none can be replayed as another (whitepaper 6.4). */
export type SignatureDomain =
  | 'SIG_DOMAIN_BLOCKHEADER'
  | 'SIG_DOMAIN_RECEIPT'
  | 'SIG_DOMAIN_ARBITRATION'
  | 'SIG_DOMAIN_MANIFEST'
  | 'SIG_DOMAIN_POLICY'
  | 'SIG_DOMAIN_APPROVAL'
  | 'SIG_DOMAIN_OPERATION'
  | 'SIG_DOMAIN_SESSION';

/** The bytes a signature covers: the domain's name in ASCII, a zero byte, the message. */
export function signedBytes(domain: SignatureDomain, message: Uint8Array): Uint8Array {
  const name = encodeUtf8(domain);
  const bytes = new Uint8Array(name.length + 1 + message.length);
  bytes.set(name, 0);
  bytes.set(message, name.length + 1);
  return bytes;
}
