import { parseUrl } from '@ioi/basis';

// Lower-case letters, digits and hyphens with a last label that starts with a letter: the
// WHATWG host parser returns such a host unchanged, so it need not be asked.
const PLAIN = /^(?:[a-z0-9-]{1,63}\.)*[a-z][a-z0-9-]{0,62}$/;
const NOT_A_HOST = /[\s/\\?#@\u0000-\u0020]/;
const NETWORK_SCHEMES = ['https:', 'http:', 'wss:', 'ws:', 'ftp:'];
/** Schemes whose hosts the URL parser leaves as they are written. */
const OTHER_SCHEMES = ['ssh:', 'sftp:', 'git:', 'tcp:', 'udp:'];

/**
 * A host as the WHATWG URL standard writes it (design ruling 4): UTS-46 mapped, lower-case,
 * addresses in their one spelling. The dot that ends a fully qualified name is dropped, so
 * that it cannot be used to dodge a rule. Undefined when the text is no host.
 */
export function canonicalHost(text: string): string | undefined {
  if (text.length <= 253 && PLAIN.test(text) && !text.includes('xn--')) return text;
  if (NOT_A_HOST.test(text)) return undefined;
  const parsed = parseUrl(`http://${text}/`);
  if (parsed === undefined || parsed.port !== '' || parsed.pathname !== '/') return undefined;
  if (hasPort(text)) return undefined;
  return settle(parsed.hostname);
}

/** The host of an absolute URL of a network scheme; undefined for every other text. */
export function hostOfUrl(text: string): string | undefined {
  const parsed = parseUrl(text);
  if (parsed === undefined) return undefined;
  if (OTHER_SCHEMES.includes(parsed.protocol)) return canonicalHost(parsed.hostname);
  if (!NETWORK_SCHEMES.includes(parsed.protocol)) return undefined;
  return settle(parsed.hostname);
}

/**
 * A host in a policy stands for itself and every name below it, so `*.example.com` and
 * `.example.com` are `example.com`. A wildcard anywhere else has no meaning: undefined.
 */
export function canonicalDomain(text: string): string | undefined {
  const bare = text.startsWith('*.') ? text.slice(2) : text.startsWith('.') ? text.slice(1) : text;
  return bare.includes('*') ? undefined : canonicalHost(bare);
}

/** Whether the host is the domain or lies below it, label by label. */
export function isWithinDomain(host: string, domain: string): boolean {
  if (!host.endsWith(domain)) return false;
  return host.length === domain.length || host[host.length - domain.length - 1] === '.';
}

// The URL parser drops a default port silently.
function hasPort(text: string): boolean {
  return text.startsWith('[') ? !text.endsWith(']') : text.includes(':');
}

function settle(hostname: string): string | undefined {
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (host === '' || host.endsWith('.')) return undefined;
  if (host.startsWith('.') || host.includes('..')) return undefined;
  return host;
}
