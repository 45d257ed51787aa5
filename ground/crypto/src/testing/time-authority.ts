import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

/** Under these policies the authority stamps. */
export const OWN_POLICY = '1.3.6.1.4.1.99999.1';
export const OTHER_POLICY = '1.3.6.1.4.1.99999.2';

const CONFIG = `
[tsa]
default_tsa = own
[own]
serial = serial
default_policy = ${OWN_POLICY}
other_policies = ${OTHER_POLICY}
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
crypto_device = builtin
ordering = yes
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[stamping]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[serving]
extendedKeyUsage = critical,serverAuth
`;

type Key = 'ec' | 'rsa';

/** A time-stamping authority of OpenSSL, with a certificate authority of its own. */
export class TimeAuthority {
  readonly folder: string;
  #server: Server | undefined;
  /** What the server answers instead, made of what it would have. */
  twist: (answer: Uint8Array, query: Uint8Array) => Uint8Array = (answer) => answer;

  constructor(folder: string, key: Key = 'ec') {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    writeFileSync(this.at('config'), CONFIG);
    writeFileSync(this.at('serial'), '01\n');
    this.#newKey('ca.key', key);
    const made = ['-x509', '-new', '-key', 'ca.key', '-out', 'ca.pem', '-days', '3650'];
    const about = ['-subj', '/CN=Test time root', '-config', 'config', '-extensions', 'root'];
    this.#openssl('req', ...made, ...about);
    this.#newKey('tsa.key', key);
    this.issue('tsa.pem', { days: 3650, section: 'stamping' });
  }

  get caFile(): string {
    return this.at('ca.pem');
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** Another certificate for the same key, as the authority of certificates gives it. */
  issue(
    name: string,
    { days, section }: { readonly days: number; readonly section: string },
  ): void {
    this.#openssl('req', '-new', '-key', 'tsa.key', '-subj', '/CN=Test stamps', '-out', 'tsa.csr');
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(Date.now())];
    const extended = ['-extfile', 'config', '-extensions', section, '-days', String(days)];
    this.#openssl('x509', '-req', '-in', 'tsa.csr', ...by, ...extended, '-out', name);
  }

  /** `openssl ts -reply`: the answer to a query, signed with the certificate of this name. */
  answer(query: Uint8Array, certificate = 'tsa.pem'): Uint8Array {
    writeFileSync(this.at('query.tsq'), query);
    const signing = ['-signer', certificate, '-inkey', 'tsa.key', '-config', 'config'];
    this.#openssl('ts', '-reply', '-queryfile', 'query.tsq', ...signing, '-out', 'answer.tsr');
    return new Uint8Array(readFileSync(this.at('answer.tsr')));
  }

  /** What `openssl ts -verify` says of a stamp on the bytes of a file. */
  verifies(data: string, answer: string): boolean {
    try {
      this.#openssl('ts', '-verify', '-data', data, '-in', answer, '-CAfile', 'ca.pem');
      return true;
    } catch {
      return false;
    }
  }

  /** Answers over HTTP (RFC 3161 3.4) until it is closed. */
  async serve(): Promise<string> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const query = new Uint8Array(Buffer.concat(parts));
        response.setHeader('content-type', 'application/timestamp-reply');
        response.end(this.twist(this.answer(query), query));
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return `http://127.0.0.1:${port}/`;
  }

  close(): void {
    this.#server?.close();
  }

  #newKey(name: string, key: Key): void {
    const kind =
      key === 'ec'
        ? ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
        : ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
    this.#openssl('genpkey', ...kind, '-out', name);
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe', timeout: 60_000 });
  }
}
