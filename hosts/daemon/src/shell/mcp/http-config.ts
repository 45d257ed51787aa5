const FIELDS = ['port', 'host', 'auth', 'allowed_hosts', 'authorization_server'];
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** What is wrong with `/mcp_http` of node.json, as the rest of a pointer; undefined: nothing. */
export function wrongInHttp(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return ' must be an object';
  const unknown = Object.keys(given).find((key) => !FIELDS.includes(key));
  if (unknown) return `/${unknown} is not known; known are ${FIELDS.join(', ')}`;
  const { port, host = LOOPBACK[0], auth = 'token', ...rest } = given as Record<string, unknown>;
  if (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535) {
    return '/port must be a whole number up to 65535';
  }
  if (typeof host !== 'string') return '/host must be an address';
  if (auth !== 'token' && auth !== 'none') return '/auth must be "token" or "none"';
  if (auth === 'none' && !LOOPBACK.includes(host)) {
    return '/auth "none" is for loopback addresses alone: everybody else could speak as an agent';
  }
  const { allowed_hosts: hosts, authorization_server: server } = rest;
  if (hosts !== undefined && !(Array.isArray(hosts) && hosts.every(isText))) {
    return '/allowed_hosts must be a list of names';
  }
  return server === undefined ? undefined : wrongInServer(server);
}

function wrongInServer(server: unknown): string | undefined {
  const at = '/authorization_server';
  if (typeof server !== 'object' || server === null) return `${at} must be an object`;
  const { issuer, jwks_uri: keys, token_type: type, ...others } = server as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown) return `${at}/${unknown} is not known; known are issuer, jwks_uri, token_type`;
  if (type !== undefined && type !== 'at+jwt') return `${at}/token_type can be "at+jwt"`;
  const wrong = Object.entries({ issuer, jwks_uri: keys }).find(([, url]) => !isSecure(url));
  return wrong && `${at}/${wrong[0]} must be an https URL, or http on this machine`;
}

function isSecure(url: unknown): boolean {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed?.protocol === 'https:') return true;
  return parsed?.protocol === 'http:' && LOOPBACK.includes(parsed.hostname.replace(/^\[|\]$/g, ''));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
