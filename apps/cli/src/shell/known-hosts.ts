import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SshOrigin } from '@ioi/basis';
import { jwkOfSshPublic } from '@ioi/crypto/ssh';

const USUAL_PORT = 22;

/**
 * The keys that a file of known hosts (sshd(8)) has for a host, in base64. Lines with patterns, of
 * authorities or revoked keys, and of kinds that nothing here verifies are passed over.
 */
export function knownHostKeys(path: string, { host, port }: SshOrigin): readonly string[] {
  const name = port === USUAL_PORT ? host : `[${host}]:${port}`;
  const lines = readFileSync(path, 'utf8').split('\n');
  const keys = lines.flatMap((line) => {
    const [names = '', , key = ''] = line.trim().split(/\s+/);
    const isIts = names.split(',').some((each) => each === name || isHashOf(each, name));
    const blob = Buffer.from(key, 'base64');
    const isRead = isIts && blob.toString('base64') === key && jwkOfSshPublic(blob) !== undefined;
    return isRead ? [key] : [];
  });
  return [...new Set(keys)];
}

/** `|1|salt|hash`, as `HashKnownHosts` writes it. */
function isHashOf(given: string, name: string): boolean {
  const [, version, salt = '', hash] = given.split('|');
  if (version !== '1') return false;
  const bytes = Buffer.from(salt, 'base64');
  return createHmac('sha1', bytes).update(name).digest('base64') === hash;
}
