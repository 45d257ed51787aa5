import { encodeBase64, encodeHex, encodeUtf8, ok, parseUrl, type Result } from '@ioi/basis';
import { type SigningRequest, sigv4 } from '@ioi/crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Header } from './admit.ts';
import { readCredential } from './credential.ts';
import { isStale, secretsOf } from './grant.ts';
import { type EdgeRefusal, unsent } from './refusal.ts';

/** A secret as the guardian tells it for one sealed action. */
export type LeasedSecret = {
  readonly kind: string;
  readonly secret: string;
  readonly header?: string;
  readonly algorithm?: string;
  readonly region?: string;
  readonly service?: string;
};

/** A request as it will be sent, but for the credential. */
export type Unsigned = {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
  /** Milliseconds since 1970, and the same as AWS writes it: `20150830T123600Z`. */
  readonly now: number;
  readonly date: string;
};

/** What is added to a request, and what of it may not come back. */
export type Authorised = {
  readonly headers: readonly Header[];
  readonly secrets: readonly string[];
};

/** How a request is signed or marked with a secret of each kind that goes over HTTP. */
export function authorise(
  leased: LeasedSecret,
  request: Unsigned,
): Result<Authorised, EdgeRefusal> {
  const { kind, secret } = leased;
  if (kind === 'basic') return basic(secret);
  if (kind === 'sigv4') return awsSigned(leased, request);
  if (kind === 'webhook') return webhook(leased, request);
  if (kind === 'evm_key' || kind === 'ssh_key') {
    return unsent('connector.other_secret', `no request is sent with an ${kind}`);
  }
  const read = readCredential(leased, secret);
  if (!read.ok) return read;
  if (read.value.kind === 'fixed') {
    const { header, secrets } = read.value;
    return ok({ headers: [header], secrets });
  }
  const { grant } = read.value;
  const token = grant.tokens?.access_token;
  if (token !== undefined && !isStale(grant, request.now)) {
    return ok({ headers: [['authorization', `Bearer ${token}`]], secrets: secretsOf(grant) });
  }
  return unsent('upstream.unauthorised', 'there is no grant that holds; log in again');
}

/** RFC 7617. */
function basic(secret: string): Result<Authorised, EdgeRefusal> {
  const { username, password } = fieldsIn(secret);
  if (username === undefined || password === undefined) return unreadable();
  const pair = `${username}:${password}`;
  const word = encodeBase64(encodeUtf8(pair));
  return ok({ headers: [['authorization', `Basic ${word}`]], secrets: [pair, password, word] });
}

function awsSigned(
  { secret, region = '', service = '' }: LeasedSecret,
  { method, url, headers, body, date }: Unsigned,
): Result<Authorised, EdgeRefusal> {
  const { access_key_id: id, secret_access_key: key, session_token: token } = fieldsIn(secret);
  const parsed = parseUrl(url);
  if (id === undefined || key === undefined || parsed === undefined) return unreadable();
  const bodyHash = encodeHex(sha256(body));
  const own: Header[] = [
    ['x-amz-date', date],
    ...(token === undefined ? [] : [['x-amz-security-token', token] as const]),
    ...(service === 's3' ? [['x-amz-content-sha256', bodyHash] as const] : []),
  ];
  const [path = '/', search = ''] = splitOnce(url.slice(originOf(url).length), '?');
  const request: SigningRequest = {
    method,
    path: path === '' ? '/' : path,
    query: search === '' ? [] : search.split('&').map(pairOf),
    headers: [['host', hostOf(url)], ...headers, ...own],
    bodyHash,
  };
  const signing = { access_key_id: id, secret_access_key: key, region, service, date };
  const authorization = sigv4(request, signing);
  const signature = authorization.slice(authorization.lastIndexOf('=') + 1);
  return ok({
    headers: [...own, ['authorization', authorization]],
    secrets: [key, id, signature, ...(token === undefined ? [] : [token])],
  });
}

/** `sha256=<hex>` over the body, as GitHub and others have it. */
function webhook(
  { secret, header = 'x-hub-signature-256', algorithm = 'sha256' }: LeasedSecret,
  { body }: Unsigned,
): Result<Authorised, EdgeRefusal> {
  const { secret: key } = fieldsIn(secret);
  if (key === undefined) return unreadable();
  const hash = algorithm === 'sha512' ? sha512 : sha256;
  const signature = encodeHex(hmac(hash, encodeUtf8(key), body));
  return ok({ headers: [[header, `${algorithm}=${signature}`]], secrets: [key, signature] });
}

function fieldsIn(text: string): Readonly<Record<string, string | undefined>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*/.exec(url)?.[0] ?? '';
}

function hostOf(url: string): string {
  return originOf(url).replace(/^[a-z]+:\/\//, '');
}

function pairOf(part: string): readonly [string, string] {
  const [name = '', value = ''] = splitOnce(part, '=');
  return [decodeURIComponent(name), decodeURIComponent(value)];
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function unreadable(): Result<never, EdgeRefusal> {
  return unsent('credential.unreadable', 'the credential is not understood; set it again');
}
