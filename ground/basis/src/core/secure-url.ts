import { parseUrl } from '#platform';

/** A URL that may carry a secret. */
export type SecureUrl = {
  /** As the URL standard writes it. */
  readonly href: string;
  readonly origin: string;
  /** On this machine, where `http:` will do. */
  readonly isLocal: boolean;
};

const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

/** Undefined unless it is `https:`, or `http:` on this machine, and names no user. */
export function secureUrl(text: string): SecureUrl | undefined {
  const url = parseUrl(text);
  if (url === undefined || url.username !== '' || url.password !== '') return undefined;
  const isLocal = LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return undefined;
  const port = url.port === '' ? '' : `:${url.port}`;
  return { href: url.href, origin: `${url.protocol}//${url.hostname}${port}`, isLocal };
}
