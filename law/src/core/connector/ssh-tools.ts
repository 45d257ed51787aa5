import { type ConnectorTool, SSH_KEYWORD, type SshOperation } from './operation.ts';

const algorithm = {
  type: 'string',
  enum: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-256',
    'rsa-sha2-512',
  ],
} as const;
const base64 = { type: 'string', maxLength: 4096 } as const;

type Login = Omit<Extract<SshOperation, { effect: 'authenticate' }>, 'effect'>;

/**
 * What a connector of an SSH key offers: a signature over what is said, in full, never over bytes
 * that somebody brings. Without keys of the host nobody logs in with it.
 */
export function sshTools(
  login: Login | undefined,
  namespaces?: readonly string[],
): readonly ConnectorTool[] {
  return [messageTool(namespaces), ...(login === undefined ? [] : [loginTool(login)])];
}

/** PROTOCOL.sshsig of OpenSSH. */
function messageTool(namespaces: readonly string[] | undefined): ConnectorTool {
  const bound = namespaces === undefined ? {} : { namespaces };
  return {
    name: 'sign_message',
    description: 'Signs the digest of a message for a namespace, such as git or file.',
    inputSchema: {
      type: 'object',
      properties: {
        namespace: { type: 'string', ...(namespaces === undefined ? {} : { enum: namespaces }) },
        hash_algorithm: { type: 'string', enum: ['sha256', 'sha512'] },
        message_digest: { type: 'string', description: 'in lower-case hex' },
        algorithm,
      },
      required: ['namespace', 'hash_algorithm', 'message_digest', 'algorithm'],
      additionalProperties: false,
      [SSH_KEYWORD]: { effect: 'sign', ...bound } satisfies SshOperation,
    },
  };
}

/** RFC 4252 7, or `publickey-hostbound-v00@openssh.com` where `is_host_bound`. */
function loginTool(login: Login): ConnectorTool {
  const { users, host_keys } = login;
  return {
    name: 'authenticate',
    description: 'Signs one login of a user at the host, in the session that the host vouches for.',
    inputSchema: {
      type: 'object',
      properties: {
        user: { type: 'string', ...(users === undefined ? {} : { enum: users }) },
        session_id: { type: 'string', description: 'in lower-case hex' },
        host_key: { ...base64, enum: host_keys },
        host_signature: { ...base64, description: 'of the host key, over the session id' },
        public_key: { ...base64, description: 'with which the user logs in' },
        is_host_bound: { type: 'boolean' },
        algorithm,
      },
      required: [
        ...['user', 'session_id', 'host_key', 'host_signature'],
        ...['public_key', 'is_host_bound', 'algorithm'],
      ],
      additionalProperties: false,
      [SSH_KEYWORD]: { effect: 'authenticate', ...login } satisfies SshOperation,
    },
  };
}
