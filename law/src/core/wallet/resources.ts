import type { ActionRequest, RuntimeToolContract } from '@ioi/protocol';
import type { Subject, SubjectPath } from '../policy/subject.ts';

/** What only a grant over everything covers: an act that names what cannot be read. */
export const ANYTHING = 'any:///**';
const MOST_RESOURCES = 64;
const MOST_LENGTH = 1024;
const EXPRESSIBLE = /^[a-z][a-z0-9+.-]{0,31}:\/\/[A-Za-z0-9._~%@:+,=!$&'()/*-]*$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443 };

/** Whether all that `inner` stands for lies within `outer`; either may end in `*` or `**`. */
export function resourceIncludes(outer: string, inner: string): boolean {
  if (outer.endsWith('/**')) {
    return inner.startsWith(outer.slice(0, -2)) || inner === outer.slice(0, -3);
  }
  if (!outer.endsWith('/*')) return outer === inner;
  if (!inner.startsWith(outer.slice(0, -1))) return false;
  const below = inner.slice(outer.length - 1);
  return below !== '' && below !== '**' && !below.includes('/');
}

export function allWithin(outer: readonly string[], inner: readonly string[]): boolean {
  return inner.every((each) => outer.some((one) => resourceIncludes(one, each)));
}

/**
 * What an act is about, in canonical addresses: `file:///…` of its paths, with all that lies below
 * where it acts on trees; the address it goes to, `host://<host>/**` where it names no protocol;
 * and where it names neither, `tool://<server>/<tool>`.
 */
export function resourcesOf(
  request: ActionRequest,
  subject: Subject,
  { server, tool }: Pick<RuntimeToolContract, 'server' | 'tool'>,
): readonly string[] {
  const places = [...filesOf(request, subject), ...addressesOf(request, subject)];
  const found = places.length > 0 ? places : [`tool://${encode(server)}/${encode(tool)}`];
  const distinct = [...new Set(found)];
  const isExpressible = distinct.every((each) => {
    return each.length <= MOST_LENGTH && EXPRESSIBLE.test(each);
  });
  return isExpressible && distinct.length <= MOST_RESOURCES ? distinct : [ANYTHING];
}

const PATHS = ['path', 'source', 'destination', 'paths'];

function filesOf({ params }: ActionRequest, subject: Subject): string[] {
  const isNamed =
    subject.commands !== undefined || PATHS.some((name) => params[name] !== undefined);
  if (!isNamed) return [];
  if (subject.hasUnreadPath) return [ANYTHING];
  return subject.paths.map((path) => fileAt(path, subject.actsOnTrees));
}

function fileAt({ components }: SubjectPath, isTree: boolean): string {
  const place = `file://${components.map((each) => `/${encode(each)}`).join('')}`;
  if (isTree) return `${place}/**`;
  return components.length === 0 ? `${place}/` : place;
}

function addressesOf({ params }: ActionRequest, { host, destination }: Subject): string[] {
  if (params['url'] === undefined && params['host'] === undefined) return [];
  if (host === undefined) return [ANYTHING];
  const { protocol, port, path } = destination;
  const isUsual = port === undefined || (protocol && DEFAULT_PORTS[protocol]) === port;
  const at = isUsual ? '' : `:${port}`;
  if (params['url'] === undefined) {
    const isUnread =
      (params['port'] !== undefined && port === undefined) ||
      (params['protocol'] !== undefined && protocol === undefined);
    return [isUnread ? ANYTHING : `${protocol ?? 'host'}://${host}${at}/**`];
  }
  if (protocol === undefined || port === undefined || path === undefined) return [ANYTHING];
  return [`${protocol}://${host}${at}/${path.map(encode).join('/')}`];
}

/** A star in a name is no wildcard. */
function encode(part: string): string {
  return encodeURIComponent(part).replaceAll('*', '%2A');
}
