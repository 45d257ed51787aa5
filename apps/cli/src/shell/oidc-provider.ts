import type { SignInFactor } from '@ioi/protocol';
import { CommandFault, messageOf } from './fault.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 256 * 1024;

type Fields = Readonly<Record<string, unknown>>;

export type Discovered = Pick<
  SignInFactor,
  'issuer' | 'authorization_endpoint' | 'token_endpoint' | 'keys'
>;

type ClientAuth = NonNullable<SignInFactor['client_auth']>;
const CLIENT_AUTH: readonly ClientAuth[] = ['client_secret_basic', 'client_secret_post'];

/** How a client with a secret says so there: what the provider names first of what we can. */
export async function clientAuthAt(issuer: string): Promise<ClientAuth> {
  const found = await fieldsAt(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  // Where it names none it takes the header (OpenID Connect Discovery 3).
  const { token_endpoint_auth_methods_supported: named = CLIENT_AUTH.slice(0, 1) } = found;
  const method = CLIENT_AUTH.find((each) => Array.isArray(named) && named.includes(each));
  if (method === undefined) throw notUsable('it takes no secret of a client');
  return method;
}

/**
 * What a provider says of itself (OpenID Connect Discovery 4) and its keys now, for the owner to
 * look at and sign. Nothing of it is asked again later.
 */
export async function discover(given: string): Promise<Discovered> {
  const issuer = secureUrl(given, 'the issuer').replace(/\/$/, '');
  const found = await fieldsAt(`${issuer}/.well-known/openid-configuration`);
  const { issuer: said } = found;
  if (typeof said !== 'string' || said.replace(/\/$/, '') !== issuer) {
    throw notUsable(`${issuer} says that it is ${String(said)}`);
  }
  const methods = found['code_challenge_methods_supported'];
  if (Array.isArray(methods) && !methods.includes('S256')) {
    throw notUsable('it has no PKCE with S256');
  }
  const { keys } = await fieldsAt(secureUrl(found['jwks_uri'], 'jwks_uri'));
  const known = (Array.isArray(keys) ? (keys as Fields[]) : []).flatMap(keyIn).slice(0, 16);
  if (known.length === 0) throw notUsable('it has no key of RS256, ES256 or EdDSA');
  return {
    issuer: said,
    authorization_endpoint: secureUrl(found['authorization_endpoint'], 'its authorization'),
    token_endpoint: secureUrl(found['token_endpoint'], 'its token endpoint'),
    keys: known,
  };
}

/** HTTPS, or this machine; nobody else could not answer for it. */
function secureUrl(given: unknown, what: string): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  const isHere = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere);
  if (isSecure && typeof given === 'string') return given;
  throw notUsable(`${what} is no https:// address: ${String(given)}`);
}

function keyIn({ kty, use, alg, kid, crv, n, e, x, y }: Fields): SignInFactor['keys'] {
  if (use !== undefined && use !== 'sig') return [];
  const named = typeof kid === 'string' ? { kid } : {};
  const isOf = (name: string): boolean => alg === undefined || alg === name;
  const bytes = (...parts: readonly unknown[]) =>
    Buffer.concat(parts.map((each) => Buffer.from(String(each), 'base64url')));
  if (kty === 'RSA' && isOf('RS256') && e === 'AQAB') {
    const modulus = bytes(n);
    const isLong = modulus.length >= 256 && modulus.length <= 512;
    return isLong ? [{ ...named, algorithm: 'rs256', key: modulus.toString('base64') }] : [];
  }
  if (kty === 'EC' && crv === 'P-256' && isOf('ES256')) {
    const point = Buffer.concat([Buffer.of(4), bytes(x, y)]);
    return [{ ...named, algorithm: 'es256', key: point.toString('base64') }];
  }
  if (kty !== 'OKP' || crv !== 'Ed25519' || !isOf('EdDSA')) return [];
  return [{ ...named, algorithm: 'ed25519', key: bytes(x).toString('base64') }];
}

async function fieldsAt(url: string): Promise<Fields> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { redirect: 'error', signal });
    const text = await response.text();
    if (!response.ok || text.length > MOST_BYTES) throw new Error(`status ${response.status}`);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Fields;
    throw new Error('it is no JSON object');
  } catch (fault) {
    throw notUsable(`${url}: ${messageOf(fault)}`);
  }
}

function notUsable(message: string): CommandFault {
  const code = 'sign_in.not_usable';
  return new CommandFault({
    exit: 'usage',
    code,
    message: `the provider cannot be used: ${message}`,
  });
}
