import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { loginBytes, messageBytes, type SshLogin, type SshMessage } from '@ioi/crypto/ssh';
import { readSshKey, type SshKey, signSsh, verifySsh } from '@ioi/crypto/ssh/shell';
import { sshTools } from '@ioi/law';
import type { Planted } from './plant.ts';

const ALGORITHM = 'ssh-ed25519';

/** What is asked of the keys of SSH: messages and logins, at a host that is only a key. */
export class SshCalls {
  readonly #host = keyIn(newPem());

  /** One connector of each, in turn. */
  toolOf(at: number): object {
    const [message, login] = sshTools({ host_keys: [base64(this.#host.publicKey.blob)] });
    return { ...(isLogin(at) ? login : message), name: `call_${at}` };
  }

  /** The arguments, and whether an answer to them is the signature that was asked for. */
  callOf({ at, material }: Planted): { given: object; isSigned: (answer: unknown) => boolean } {
    const { blob } = keyIn(material).publicKey;
    const { given, data } = isLogin(at) ? this.#login(blob) : message();
    const isSigned = (answer: unknown): boolean => {
      const { signature } = Object(Object(answer).structuredContent) as { signature?: unknown };
      return verifySsh(blob, data, Buffer.from(String(signature), 'base64'));
    };
    return { given: { ...given, algorithm: ALGORITHM }, isSigned };
  }

  #login(publicKey: Uint8Array) {
    const { blob: hostKey } = this.#host.publicKey;
    const sessionId = new Uint8Array(randomBytes(32));
    const login: SshLogin = { sessionId, user: 'git', algorithm: ALGORITHM, publicKey, hostKey };
    const vouched = signSsh(this.#host, ALGORITHM, sessionId) ?? new Uint8Array(0);
    const given = {
      user: 'git',
      session_id: Buffer.from(sessionId).toString('hex'),
      host_key: base64(hostKey),
      host_signature: base64(vouched),
      public_key: base64(publicKey),
      is_host_bound: true,
    };
    return { given, data: loginBytes(login) };
  }
}

function message() {
  const digest = new Uint8Array(randomBytes(32));
  const signed: SshMessage = { namespace: 'git', hashAlgorithm: 'sha256', digest };
  const message_digest = Buffer.from(digest).toString('hex');
  const given = { namespace: 'git', hash_algorithm: 'sha256', message_digest };
  return { given, data: messageBytes(signed) };
}

function isLogin(at: number): boolean {
  return Math.floor(at / 8) % 2 === 1;
}

function newPem(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

function keyIn(pem: string): SshKey {
  const key = readSshKey(pem);
  if (key === undefined) throw new Error('a planted key is not understood');
  return key;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
