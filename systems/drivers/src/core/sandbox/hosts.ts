/** Whether a place may be connected to: named alone, or with this port. */
export function isNamedHost(hosts: readonly string[], host: string, port: number): boolean {
  const name = plainHost(host);
  return hosts.some((each) => {
    const [named, only] = splitHost(each);
    return named === name && (only === undefined || only === port);
  });
}

/** `host:port` of a CONNECT request; undefined where it is anything else. */
export function hostAndPort(authority: string): { host: string; port: number } | undefined {
  const [host, port] = splitHost(authority);
  return host === '' || port === undefined ? undefined : { host, port };
}

const AUTHORITY = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?$/;

function splitHost(authority: string): [host: string, port: number | undefined] {
  const [, host = '', port] = AUTHORITY.exec(authority) ?? [];
  const number = port === undefined ? undefined : Number(port);
  return number !== undefined && (number < 1 || number > 65_535)
    ? ['', 0]
    : [plainHost(host), number];
}

/** In lower case, without brackets and the dot of the root. */
function plainHost(host: string): string {
  return host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}
