import type { ConnectorManifest } from '@ioi/protocol';
import type { HttpMethod, HttpOperation } from './operation.ts';

type Bounds = Pick<HttpOperation, 'allowed' | 'denied'>;

/**
 * What a manifest lets one operation do (whitepaper C.4, policy_defaults): undefined where it may
 * not be offered at all. What its arguments could still make of its path is bounded by what comes
 * back, and held when the request is made.
 */
export function boundsOf(
  { policy_defaults: defaults = {} }: ConnectorManifest,
  method: HttpMethod,
  path: string,
): Bounds | undefined {
  const denied = pathsOf(defaults.deny_methods ?? [], method);
  const allowed = defaults.allow_methods && pathsOf(defaults.allow_methods, method);
  if (denied === 'all' || allowed?.length === 0) return undefined;
  const isOpen = path.includes('{');
  if (!isOpen && denied.some((each) => touches(each, path))) return undefined;
  if (!isOpen && allowed !== undefined && allowed !== 'all') {
    return allowed.some((each) => covers(each, path)) ? {} : undefined;
  }
  const within = allowed === undefined || allowed === 'all' ? undefined : allowed;
  if (within?.every((each) => !couldBe(each, path))) return undefined;
  return {
    ...(within === undefined || !isOpen ? {} : { allowed: within }),
    ...(denied.length === 0 || !isOpen ? {} : { denied }),
  };
}

/** Whether a path is this one, or below it, letter by letter. */
export function covers(outer: string, path: string): boolean {
  const upper = outer.replace(/\/+$/, '');
  return path === upper || path.startsWith(`${upper}/`);
}

/** Whether a server could take a path for this one, or for one below it. */
export function touches(outer: string, path: string): boolean {
  const [upper = '', inner = ''] = [outer, path].map((each) => {
    const plain = fullyDecoded(each).toLowerCase().replaceAll('\\', '/');
    return plain
      .replaceAll(/;[^/]*/g, '')
      .replaceAll(/\/+/g, '/')
      .replace(/\/$/, '');
  });
  return covers(upper, inner);
}

/** Whether arguments could make a template a path that this covers. */
function couldBe(outer: string, template: string): boolean {
  const wanted = outer.split('/').filter((each) => each !== '');
  const offered = template.split('/').filter((each) => each !== '');
  if (offered.length < wanted.length) return false;
  return wanted.every((each, at) => {
    const part = offered[at] ?? '';
    return part.includes('{') || part.toLowerCase() === each.toLowerCase();
  });
}

/** The paths a list names for a method; `all` where it names the method alone. */
function pathsOf(list: readonly string[], method: HttpMethod): readonly string[] | 'all' {
  const own = list.filter((each) => each.split(' ', 1)[0] === method);
  if (own.includes(method)) return 'all';
  return own.map((each) => each.slice(method.length + 1));
}

const MOST_TIMES = 4;

/** As servers behind one another read it, each of which may decode it once more. */
export function fullyDecoded(path: string): string {
  let text = path;
  for (let times = 0; times < MOST_TIMES; times += 1) {
    const next = text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, decoded);
    if (next === text) break;
    text = next;
  }
  return text;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
