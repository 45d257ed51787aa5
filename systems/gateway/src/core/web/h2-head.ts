import { err, type Result } from '@ioi/basis';
import { admitHead, type Head } from './admit.ts';
import type { Place, WebHeader, WebRefusal } from './web-act.ts';

const CARRIED: readonly string[] = [':method', ':scheme', ':authority', ':path'];
const MOST_HEADERS = 256;
const MOST_BYTES = 32 * 1024;
/** Of each header, as it counts (RFC 9113 6.5.2). */
const OVERHEAD = 32;
const GRPC = /^application\/grpc/i;

/**
 * Reads the head of a stream (RFC 9113 8.3) as that of the same request over HTTP/1.1, so that the
 * same act is the same by whichever. What HTTP/1.1 cannot say is refused by name.
 */
export function admitStream(place: Place, headers: readonly WebHeader[]): Result<Head, WebRefusal> {
  const size = headers.reduce((sum, pair) => sum + pair.join('').length + OVERHEAD, 0);
  if (size > MOST_BYTES || headers.length > MOST_HEADERS) {
    const most = `${MOST_HEADERS} headers and ${MOST_BYTES} bytes of them`;
    return refuse('web.headers_too_large', `a request has at most ${most}`);
  }
  const asked = headers.filter(([name]) => name.startsWith(':'));
  const named = new Map(asked);
  const method = named.get(':method') ?? '';
  if (named.has(':protocol')) {
    return refuse('web.upgrade_refused', 'no stream becomes another protocol (RFC 8441)');
  }
  if (method === 'CONNECT') return refuse('web.malformed', 'a tunnel is to host:port, and in none');
  const isOnce = named.size === asked.length && asked.every(([name]) => CARRIED.includes(name));
  if (!isOnce || !named.has(':path')) {
    return refuse('web.malformed', 'it says where it leads twice, or not at all');
  }
  if (named.get(':scheme') !== place.scheme) {
    return refuse('web.host_mismatch', 'its scheme is not that of its connection');
  }
  const rest = headers.filter(([name]) => !name.startsWith(':'));
  if (rest.some(([name, value]) => name === 'content-type' && GRPC.test(value))) {
    return refuse('web.grpc_refused', 'gRPC answers in trailers, which are not carried');
  }
  const hosts = new Set(rest.flatMap(([name, value]) => (name === 'host' ? [value] : [])));
  const authority = named.get(':authority');
  if (authority !== undefined) hosts.add(authority);
  const target = named.get(':path') ?? '';
  if (!target.startsWith('/')) return refuse('web.malformed', 'its path is none');
  const own = rest.filter(([name]) => name !== 'host' && name !== 'cookie');
  const cookies = rest.flatMap(([name, value]) => (name === 'cookie' ? [value] : []));
  // In pieces here, and one there (RFC 9113 8.2.3).
  const cookie: WebHeader[] = cookies.length === 0 ? [] : [['cookie', cookies.join('; ')]];
  const host = [...hosts].map((each): WebHeader => ['host', each]);
  return admitHead({ place, method, target, headers: [...host, ...own, ...cookie] });
}

function refuse(code: WebRefusal['code'], message: string): Result<never, WebRefusal> {
  return err({ code, message });
}
