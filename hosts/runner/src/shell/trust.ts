import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How programs are told whom to trust: by the name of a file, each in its own way. */
const TRUST = [
  'AWS_CA_BUNDLE',
  'CARGO_HTTP_CAINFO',
  'CURL_CA_BUNDLE',
  'DENO_CERT',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
  'PIP_CERT',
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_FILE',
] as const;

/** What a program is shown and told, so that it trusts the authority of its door. */
export type Trust = {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
};

/** A folder with the certificate in it, and nothing else: whoever reads it learns no key. */
export function trustIn(certificate: string): Trust {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-trust-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, certificate);
  return {
    folder,
    environment: Object.fromEntries(TRUST.map((name) => [name, file])),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
