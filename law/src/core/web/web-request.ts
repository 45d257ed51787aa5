import { encodeUtf8, err, ok, parseUrl, type Result } from '@ioi/basis';
import { type StreamReference, streamIn } from '../content/reference.ts';

type Header = readonly [name: string, value: string];

/** What is sent, as the sealed request says it. */
export type WebRequest = {
  readonly url: string;
  readonly method: string;
  readonly isSecure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
  readonly headers: readonly Header[];
  /** Absent where there is none; empty is one of no bytes. */
  readonly body?: Uint8Array;
  /** In place of a body that is too long to be read, and stands elsewhere. */
  readonly large?: StreamReference;
};

type Given = Readonly<Record<string, unknown>>;

/** `headers` stands in `_meta`, as JSON: what goes beside an act is not what the act is. */
export function webRequestOf(given: Given, meta: Given | undefined): Result<WebRequest, string> {
  const { url, method, body } = given;
  const parsed = typeof url === 'string' ? parseUrl(url) : undefined;
  if (parsed === undefined || typeof method !== 'string') return err('it is no request');
  const headers = headersIn(meta?.['headers']);
  if (headers === undefined) return err('its headers are not understood');
  const large = streamIn(body);
  const isRead = body !== undefined && large === undefined;
  const bytes = isRead ? bytesIn(body) : undefined;
  if (isRead && bytes === undefined) return err('its body is not understood');
  const isSecure = parsed.protocol === 'https:';
  return ok({
    url: parsed.href,
    method,
    isSecure,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (isSecure ? 443 : 80) : Number(parsed.port),
    path: `${parsed.pathname}${parsed.search}`,
    headers,
    ...(bytes === undefined ? {} : { body: bytes }),
    ...(large === undefined ? {} : { large }),
  });
}

/** A text, or `{latin1}` where the bytes are none in UTF-8: a letter for each byte. */
function bytesIn(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return encodeUtf8(body);
  const { latin1 } = Object(body) as { latin1?: unknown };
  if (typeof latin1 !== 'string' || /[^\x00-\xff]/.test(latin1)) return undefined;
  return Uint8Array.from(latin1, (letter) => letter.charCodeAt(0));
}

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function headersIn(given: unknown): readonly Header[] | undefined {
  if (given === undefined) return [];
  let pairs: unknown;
  try {
    pairs = JSON.parse(String(given));
  } catch {
    return undefined;
  }
  const isPair = (each: unknown): boolean => {
    const [name, value, ...rest] = Array.isArray(each) ? each : [];
    const isText = typeof name === 'string' && typeof value === 'string' && rest.length === 0;
    return isText && NAME.test(name) && VALUE.test(value);
  };
  return Array.isArray(pairs) && pairs.every(isPair) ? (pairs as Header[]) : undefined;
}
