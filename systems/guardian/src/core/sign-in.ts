import { decodeBase64, decodeUtf8, encodeBase64 } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import { withLowS } from '@ioi/crypto';
import type { SignInFactor } from '@ioi/protocol';

/** Where a provider sends people back to, on the page itself. */
export const SIGNED_IN_PATH = '/signed-in';

export type AuthorizationRequest = {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** S256 of the verifier (RFC 7636). */
  readonly challenge: string;
};

/** What a page may send its person to: of an organisation, more is asked for than who it is. */
export type OfferedSignIn = SignInFactor & { readonly scope?: string };

/** The query of an authorization request: the code flow, for who it is and their groups. */
export function authorizationQuery(
  { client_id, is_fresh, scope = 'openid' }: OfferedSignIn,
  { redirectUri: redirect_uri, state, nonce, challenge }: AuthorizationRequest,
): Readonly<Record<string, string>> {
  return {
    ...{ response_type: 'code', scope, client_id, redirect_uri, state, nonce },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    ...(is_fresh ? { prompt: 'login', max_age: '60' } : {}),
  };
}

/** The same token with the lower `s`, where it is of ES256: the log takes one of both alone. */
export function plainIdToken(token: string): string {
  const [head = '', body = '', tail = ''] = token.split('.');
  if (fieldsOf(head)['alg'] !== 'ES256') return token;
  const signature = bytesOf(tail);
  if (signature?.length !== 64) return token;
  const low = encodeBase64(withLowS(Uint8Array.from(signature)));
  const url = low.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${head}.${body}.${url}`;
}

/** Whom a token names, whether it holds or not. */
export function subjectIn(token: string): string {
  return String(fieldsOf(token.split('.')[1] ?? '')['sub'] ?? 'nobody').slice(0, 256);
}

function fieldsOf(part: string): Readonly<Record<string, unknown>> {
  const text = decodeUtf8(bytesOf(part) ?? new Uint8Array());
  const parsed = text === undefined ? undefined : parseStrict(text, { maxBytes: 8192 });
  const isObject = parsed?.ok && typeof parsed.value === 'object' && parsed.value !== null;
  return isObject ? (parsed.value as Readonly<Record<string, unknown>>) : {};
}

function bytesOf(part: string): Uint8Array | undefined {
  const plain = part.replaceAll('-', '+').replaceAll('_', '/');
  return decodeBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4));
}
