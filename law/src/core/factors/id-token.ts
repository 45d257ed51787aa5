import { decodeBase64, encodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Digest, parseStrict } from '@ioi/canon';
import { type ProviderKey, verifyAuthenticator } from '@ioi/crypto';
import type { SignInFactor } from '@ioi/protocol';
import { challengeOf } from './assertion.ts';

/** How far the clock of a provider may be from Chain Time, in seconds. */
const SKEW_S = 60n;
const MOST_BYTES = 8192;

/** By name in the header (RFC 7518 3.1); what is not here, `none` and `HS256` too, is refused. */
const ALGORITHMS: Readonly<Record<string, ProviderKey['algorithm']>> = {
  RS256: 'rs256',
  ES256: 'es256',
  EdDSA: 'ed25519',
};

export type Opening = {
  /** Of the session that is opened: what the nonce has to be. */
  readonly digest: Digest;
  /** Chain Time, milliseconds. */
  readonly opened: bigint;
  readonly now: bigint;
};

type Fields = Readonly<Record<string, unknown>>;

/** What a token says, whether it holds or not. */
export function idTokenClaims(token: string): Fields | undefined {
  return token.length > MOST_BYTES ? undefined : fieldsIn(token.split('.')[1] ?? '');
}

/**
 * One ID token for one session (OpenID Connect Core 3.1.3.7): a pinned key of the provider,
 * issuer, audience, subject, nonce, times. Says which does not hold.
 */
export function verifyIdToken(
  token: string,
  factor: SignInFactor,
  opening: Opening,
): Result<void, string> {
  const parts = token.split('.');
  const [head = '', body = '', tail = ''] = parts;
  if (parts.length !== 3 || token.length > MOST_BYTES) return err('id_token');
  const [header, claims, signature] = [fieldsIn(head), fieldsIn(body), bytesIn(tail)];
  if (header === undefined || claims === undefined || signature === undefined) {
    return err('id_token');
  }
  const held = verifySignature(header, factor, {
    message: encodeUtf8(`${head}.${body}`),
    signature: encodeBase64(signature),
  });
  if (!held.ok) return held;
  const broken = brokenClaim(claims, factor, opening) ?? brokenTime(claims, factor, opening);
  return broken === undefined ? ok(undefined) : err(broken);
}

/** The token tells what the key is for nobody: each pinned key has one algorithm of its own. */
function verifySignature(
  { alg, kid, crit, typ }: Fields,
  { keys }: SignInFactor,
  signed: { readonly message: Uint8Array; readonly signature: string },
): Result<void, string> {
  const name = String(alg);
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (algorithm === undefined) return err('alg');
  if (crit !== undefined) return err('crit');
  if (typ !== undefined && String(typ).toUpperCase() !== 'JWT') return err('typ');
  const fitting = keys.filter((each) => each.algorithm === algorithm);
  const named = kid === undefined ? fitting : fitting.filter((each) => each.kid === kid);
  const [key] = named;
  if (key === undefined || named.length > 1) return err('kid: no key that the owner saw');
  const held = verifyAuthenticator(key, signed.message, signed.signature);
  return held.ok ? held : err(held.error.code);
}

function brokenClaim(
  { iss, aud, azp, sub, nonce }: Fields,
  { issuer, client_id, subject }: SignInFactor,
  { digest }: Opening,
): string | undefined {
  if (iss !== issuer) return 'iss';
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (audience !== client_id) return 'aud';
  if (azp !== undefined && azp !== client_id) return 'azp';
  if (nonce !== challengeOf(digest)) return 'nonce';
  return sub === subject ? undefined : 'sub';
}

function brokenTime(claims: Fields, factor: SignInFactor, at: Opening): string | undefined {
  const [now, opened] = [at.now / 1000n, at.opened / 1000n];
  const [iat, exp] = [secondsIn(claims['iat']), secondsIn(claims['exp'])];
  if (exp === undefined || exp <= now) return 'exp';
  if (iat === undefined || iat > now + SKEW_S || iat < opened - SKEW_S) return 'iat';
  const nbf = claims['nbf'] === undefined ? 0n : secondsIn(claims['nbf']);
  if (nbf === undefined || nbf > now + SKEW_S) return 'nbf';
  if (!factor.is_fresh) return undefined;
  const asked = secondsIn(claims['auth_time']);
  return asked === undefined || asked < opened - SKEW_S ? 'auth_time' : undefined;
}

/** Providers write whole seconds; what is no such number is no time. */
function secondsIn(value: unknown): bigint | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? BigInt(Number(value)) : undefined;
}

function fieldsIn(part: string): Fields | undefined {
  const bytes = bytesIn(part);
  const parsed = bytes && parseStrict(bytes, { maxBytes: MOST_BYTES, maxDepth: 8 });
  if (!parsed?.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  return Array.isArray(parsed.value) ? undefined : (parsed.value as Fields);
}

/** Base64url without padding, in the one spelling there is of it. */
function bytesIn(part: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(part)) return undefined;
  const plain = part.replaceAll('-', '+').replaceAll('_', '/');
  return decodeBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4));
}
