import { encodeHex, encodeUtf8 } from '@ioi/basis';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

export type SigningRequest = {
  readonly method: string;
  /** As it is sent: every segment percent-encoded once. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** All that are signed, `host` among them, and the date. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** SHA-256 of the body, in hexadecimal. */
  readonly bodyHash: string;
};

export type SigningKey = {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly region: string;
  readonly service: string;
  /** `20150830T123600Z` */
  readonly date: string;
};

/** The `Authorization` of AWS Signature Version 4. */
export function sigv4(request: SigningRequest, key: SigningKey): string {
  const { date, region, service, access_key_id: id } = key;
  const { text, signed } = canonicalRequest(request, service);
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, encodeHex(sha256(encodeUtf8(text)))].join('\n');
  const parts = [date.slice(0, 8), region, service, 'aws4_request', toSign];
  const start = encodeUtf8(`AWS4${key.secret_access_key}`);
  const signature = parts.reduce((under, part) => hmac(sha256, under, encodeUtf8(part)), start);
  const parameters = [
    `Credential=${id}/${scope}`,
    `SignedHeaders=${signed}`,
    `Signature=${encodeHex(signature)}`,
  ];
  return `AWS4-HMAC-SHA256 ${parameters.join(', ')}`;
}

function canonicalRequest(
  { method, path, query, headers, bodyHash }: SigningRequest,
  service: string,
): { readonly text: string; readonly signed: string } {
  const values = new Map<string, string[]>();
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    const plain = value.trim().replaceAll(/ +/g, ' ');
    values.set(name, [...(values.get(name) ?? []), plain]);
  }
  const names = [...values.keys()].sort();
  const lines = names.map((name) => `${name}:${(values.get(name) ?? []).join(',')}`);
  const signed = names.join(';');
  // All services but S3 take the path with its segments encoded a second time.
  const uri = service === 's3' ? path : path.split('/').map(encoded).join('/');
  const pairs = query.map(([name, value]) => [encoded(name), encoded(value)] as const);
  const sorted = pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  const search = sorted.map(([name, value]) => `${name}=${value}`).join('&');
  return { text: [method, uri, search, ...lines, '', signed, bodyHash].join('\n'), signed };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
