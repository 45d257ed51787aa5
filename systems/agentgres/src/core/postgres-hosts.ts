/**
 * Scheme, who signs in, where to, and the rest. Names of servers have no `@`, so the last one ends
 * the password, whatever stands in that.
 */
const URL_PARTS = /^(postgres(?:ql)?:\/\/)((?:[^/?]*@)?)([^/?]*)(.*)$/s;
/** What follows a `?` or `&`, up to the next. */
const PARAMETER = /([?&])(host|port)=([^&]*)/g;
const COMMA = /,|%2c/i;

/**
 * One address for each server that a connection URI of libpq names, `host1:5432,host2` or
 * `?host=host1,host2`, in its order. What names one server is one address.
 */
export function addressesIn(url: string): readonly string[] {
  const [, scheme = '', account = '', hosts = '', rest = ''] = URL_PARTS.exec(url) ?? [];
  const { host = [], port = [] } = parametersIn(rest);
  if (host.length > 1) {
    const all = host.map((each, at) => ({ host: each, port: port[at] ?? port[0] ?? '' }));
    const named = all.filter((each) => each.host !== '');
    return [...new Set(named.map((each) => `${scheme}${account}${hosts}${restFor(rest, each)}`))];
  }
  if (!hosts.includes(',')) return [url];
  const named = hosts.split(',').filter((each) => each !== '');
  return [...new Set(named)].map((each) => `${scheme}${account}${each}${rest}`);
}

/** The same servers for another role; undefined where the URL names its own elsewhere. */
export function asRole(
  url: string,
  role: string,
  password: string | undefined,
): string | undefined {
  const [, scheme, , hosts = '', rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined || /[?&](?:user|password|role)=/i.test(rest)) return undefined;
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `${scheme}${encodeURIComponent(role)}${secret}@${hosts}${rest}`;
}

function parametersIn(rest: string): Partial<Record<string, readonly string[]>> {
  const found = [...rest.matchAll(PARAMETER)];
  return Object.fromEntries(found.map(([, , name = '', value = '']) => [name, value.split(COMMA)]));
}

function restFor(rest: string, one: Readonly<Record<string, string>>): string {
  return rest.replace(PARAMETER, (_, before, name) => `${before}${name}=${one[name] ?? ''}`);
}

/** A server that was asked: the writes of which history it takes, if it takes any. */
export type Asked = { readonly address: string; readonly timeline: number | undefined };

/** Of several that take writes the one of the latest history: the others were overtaken. */
export function primaryAmong(asked: readonly Asked[]): Asked | undefined {
  const primaries = asked.filter(({ timeline }) => timeline !== undefined);
  return primaries.toSorted((one, other) => (other.timeline ?? 0) - (one.timeline ?? 0))[0];
}
