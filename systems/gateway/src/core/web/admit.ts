import { err, ok, parseUrl, type Result } from '@ioi/basis';
import type { Place, WebAct, WebCode, WebHeader, WebRefusal } from './web-act.ts';

/** The head of a request as it arrived. */
export type Arrived = {
  /** That its tunnel is to; undefined where it came to the proxy itself. */
  readonly place: Place | undefined;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly WebHeader[];
};

export type Head = Omit<WebAct, 'body' | 'large' | 'git'>;
type Refused = Result<never, WebRefusal>;

const METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const LONGEST_URL = 8192;
const AUTHORITY = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/;
/** What speaks of one connection alone, or is written anew (RFC 9110 7.6.1). */
const OWN: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** By these a server may take one method for another. */
const OTHER_METHOD = /^x-(http-method(-override)?|method-override)$/;
/** By these it may take one address for another: they are for proxies of its own. */
const OTHER_ADDRESS =
  /^(forwarded|x-((forwarded|original)-(host|port|prefix|proto|scheme|ur[il])|host|rewrite-url))$/;
const READ = /^(GET|HEAD|OPTIONS)$/;
/** Of 16 bytes, in base64. */
const SOCKET_KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** `host:port` of a CONNECT request. The scheme shows in what comes first. */
export function placeOf(authority: string): Omit<Place, 'scheme'> | undefined {
  const [, host, port] = AUTHORITY.exec(authority) ?? [];
  const parsed = parseUrl(`http://${host}/`);
  const number = Number(port);
  if (host === undefined || parsed === undefined || number < 1 || number > 65_535) return undefined;
  return { host: parsed.hostname, port: number };
}

/**
 * Reads the head of a request as the one thing it can mean. What can be read in two ways, leads
 * elsewhere than its connection, or would become another protocol is refused by name.
 */
export function admitHead({ place, method, target, headers }: Arrived): Result<Head, WebRefusal> {
  const doubt = doubtIn(headers);
  if (doubt !== undefined) return doubt;
  if (!METHODS.includes(method)) return refuse('web.method_unknown', `${method} is not carried`);
  if (isRead(method) && hasBody(headers)) {
    return refuse('web.read_with_body', `${method} with a body sends something`);
  }
  const url = urlOf(place, target);
  if (url === undefined) {
    return refuse('web.malformed', 'its target is no path, or no http: address for a proxy');
  }
  if (url.href.length > LONGEST_URL) {
    return refuse('web.headers_too_large', `an address has at most ${LONGEST_URL} letters`);
  }
  if (place !== undefined && !isSamePlace(url, place)) {
    return refuse('web.host_mismatch', 'its address is elsewhere than its connection');
  }
  const named = valuesOf(headers, 'host');
  const host = named.length === 1 ? parseUrl(`${url.protocol}//${named[0]}/`) : undefined;
  if (host?.hostname !== url.hostname || host.port !== url.port || isMore(host)) {
    return refuse('web.host_mismatch', 'its Host is not the one it is sent to');
  }
  const head = { method, url: url.href, headers: passedOn(headers) };
  if (!isSocketAsked(headers)) return ok(head);
  return isHandshake(method, headers)
    ? ok({ ...head, isSocket: true })
    : refuse('web.upgrade_refused', 'it asks for a WebSocket otherwise than RFC 6455 has it');
}

/** Whether a request wants to become a WebSocket, in whatever way. */
export function isSocketAsked(headers: readonly WebHeader[]): boolean {
  return valuesOf(headers, 'upgrade').some((each) => each.toLowerCase() === 'websocket');
}

function isHandshake(method: string, headers: readonly WebHeader[]): boolean {
  const [key, ...keys] = valuesOf(headers, 'sec-websocket-key');
  const versions = valuesOf(headers, 'sec-websocket-version');
  const connection = valuesOf(headers, 'connection')
    .join()
    .toLowerCase()
    .split(/\s*,\s*/);
  const isOnce = keys.length === 0 && versions.join() === '13';
  return method === 'GET' && isOnce && SOCKET_KEY.test(key ?? '') && connection.includes('upgrade');
}

type Url = NonNullable<ReturnType<typeof parseUrl>>;

function urlOf(place: Place | undefined, target: string): Url | undefined {
  const isPath = target.startsWith('/');
  if (isPath && place === undefined) return undefined;
  if (target.includes('#') || /[^\x21-\x7e]/.test(target)) return undefined;
  const port = place && (place.port === usualPort(place.scheme) ? '' : `:${place.port}`);
  const whole = isPath ? `${place?.scheme}://${place?.host}${port}${target}` : target;
  const parsed = parseUrl(whole);
  if (parsed === undefined || parsed.username !== '' || parsed.password !== '') return undefined;
  return parsed.protocol === `${place?.scheme ?? 'http'}:` ? parsed : undefined;
}

function usualPort(scheme: Place['scheme']): number {
  return scheme === 'https' ? 443 : 80;
}

function isSamePlace(url: Url, { scheme, host, port }: Place): boolean {
  const own = url.port === '' ? usualPort(scheme) : Number(url.port);
  return url.hostname === host && own === port;
}

/** A Host header is a host and a port, and nothing behind them. */
function isMore({ pathname, search, username, password }: Url): boolean {
  return pathname !== '/' || search !== '' || username !== '' || password !== '';
}

function doubtIn(headers: readonly WebHeader[]): Refused | undefined {
  const lengths = valuesOf(headers, 'content-length');
  const codings = valuesOf(headers, 'transfer-encoding');
  if (lengths.length + codings.length > 1) {
    return refuse('web.smuggling', 'its length is said twice');
  }
  if (codings.some((coding) => coding.toLowerCase() !== 'chunked')) {
    return refuse('web.smuggling', 'a transfer coding other than chunked');
  }
  const upgrades = valuesOf(headers, 'upgrade').map((each) => each.toLowerCase());
  const isSocket = upgrades.join() === 'websocket';
  if (!isSocket && upgrades.some((each) => each !== 'h2c')) {
    return refuse('web.upgrade_refused', 'no other protocol is carried but WebSocket');
  }
  const names = headers.map(([name]) => name.replaceAll('_', '-'));
  if (names.some((name) => OTHER_METHOD.test(name))) {
    return refuse('web.method_override', 'its method is said twice');
  }
  if (names.some((name) => OTHER_ADDRESS.test(name))) {
    return refuse('web.address_override', 'its address is said twice');
  }
  // Some servers read `content_length` as `content-length`.
  if (headers.some(([name], at) => name !== names[at] && OWN.includes(names[at] ?? ''))) {
    return refuse('web.smuggling', 'a header of a connection, spelt otherwise');
  }
  const odd = headers.find(([name, value]) => !isHeader(name, value));
  return odd && refuse('web.malformed', 'a header is none');
}

function hasBody(headers: readonly WebHeader[]): boolean {
  const lengths = valuesOf(headers, 'content-length');
  return valuesOf(headers, 'transfer-encoding').length > 0 || lengths.some((each) => each !== '0');
}

function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function passedOn(headers: readonly WebHeader[]): readonly WebHeader[] {
  const listed = valuesOf(headers, 'connection').flatMap((value) => {
    return value.toLowerCase().split(/\s*,\s*/);
  });
  const isOwn = (name: string): boolean => OWN.includes(name) || name.startsWith('proxy-');
  return headers.filter(([name]) => !isOwn(name) && !listed.includes(name));
}

export function isRead(method: string): boolean {
  return READ.test(method);
}

function valuesOf(headers: readonly WebHeader[], wanted: string): readonly string[] {
  return headers.flatMap(([name, value]) => (name === wanted ? [value] : []));
}

function refuse(code: WebCode, message: string): Refused {
  return err({ code, message });
}
