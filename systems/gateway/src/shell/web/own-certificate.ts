import { createPrivateKey, createPublicKey } from 'node:crypto';
import { issue, keyIdOf, newPair } from './authority.ts';

/** What a process shows in TLS of itself: both as PEM. */
export type OwnCertificate = { readonly cert: string; readonly key: string };

const COMMON_NAME = 'IOI node, known by its key';

/** A key for `certificateOf`, as PEM: whoever pins it knows its holder again. */
export function newTlsKey(): string {
  return newPair().privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** A certificate that the key signs for itself. It says nothing: who asks looks at the key. */
export function certificateOf(key: string, now: number = Date.now()): OwnCertificate {
  const privateKey = createPrivateKey(key);
  const pair = { privateKey, publicKey: createPublicKey(privateKey) };
  const named = { subject: COMMON_NAME, issuer: COMMON_NAME, host: 'ioi.invalid' };
  return { cert: issue({ ...named, issuerKeyId: keyIdOf(pair), pair, now }, pair), key };
}
