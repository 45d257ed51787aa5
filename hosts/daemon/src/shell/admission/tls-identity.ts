import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TlsIdentity, tlsIdentity } from '@ioi/crypto/tls/shell';

const KEY_FILE = 'tls.key';
const NAME = 'IOI node, known by its key';

/** What a process shows of itself to another of its cluster; made when it is first asked for. */
export function openTlsIdentity(folder: string): TlsIdentity {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return tlsIdentity(join(folder, KEY_FILE), NAME);
}
