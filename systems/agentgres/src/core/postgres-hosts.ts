/** Scheme, who signs in, where to, and the rest. */
const URL_PARTS = /^(postgres(?:ql)?:\/\/)((?:[^@/?]*@)?)([^/?]*)(.*)$/s;

/**
 * One address for each server that a connection URI of libpq names, `host1:5432,host2` say, in its
 * order. What names no server, or one in its parameters, is one address.
 */
export function addressesIn(url: string): readonly string[] {
  const [, scheme = '', account = '', hosts = '', rest = ''] = URL_PARTS.exec(url) ?? [];
  if (!hosts.includes(',')) return [url];
  const named = hosts.split(',').filter((host) => host !== '');
  return [...new Set(named)].map((host) => `${scheme}${account}${host}${rest}`);
}

/** A server that was asked: the writes of which history it takes, if it takes any. */
export type Asked = { readonly address: string; readonly timeline: number | undefined };

/** Of several that take writes the one of the latest history: the others were overtaken. */
export function primaryAmong(asked: readonly Asked[]): Asked | undefined {
  const primaries = asked.filter(({ timeline }) => timeline !== undefined);
  return primaries.toSorted((one, other) => (other.timeline ?? 0) - (one.timeline ?? 0))[0];
}
