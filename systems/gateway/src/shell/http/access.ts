import type { IncomingMessage } from 'node:http';
import type { Authorisation, McpEndpointOptions } from './options.ts';

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
const HOST = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d+)?$/i;

/** A page of elsewhere must not reach a server here through the browser (DNS rebinding). */
export function isForeign({ headers }: IncomingMessage, options: McpEndpointOptions): boolean {
  const hosts = options.allowedHosts ?? LOOPBACK;
  if (!hosts.includes(nameIn(headers.host ?? ''))) return true;
  const { origin } = headers;
  if (origin === undefined) return false;
  if (options.allowedOrigins !== undefined) return !options.allowedOrigins.includes(origin);
  const [scheme, authority = ''] = origin.split('://');
  return (scheme !== 'http' && scheme !== 'https') || !hosts.includes(nameIn(authority));
}

function nameIn(authority: string): string {
  return HOST.exec(authority)?.[1]?.toLowerCase() ?? '';
}

/** Tokens are taken from the header alone: addresses end up in logs (RFC 6750, 5.3). */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

export function isMetadataPath(path: string, endpoint: string): boolean {
  return path === WELL_KNOWN || path === `${WELL_KNOWN}${endpoint}`;
}

type Refusal = Extract<Authorisation, { refusal: string }>;

/** RFC 6750, 3, with the address of the resource's metadata (RFC 9728, 5.1). */
export function challengeOf(
  { refusal, scope }: Refusal,
  request: IncomingMessage,
  options: McpEndpointOptions,
): { readonly status: 401 | 403; readonly challenge: string } {
  const parts: string[] = [];
  if (refusal === 'invalid') parts.push('error="invalid_token"');
  if (refusal === 'insufficient_scope') parts.push('error="insufficient_scope"');
  if (scope !== undefined) parts.push(`scope="${scope.replaceAll(/["\\]/g, '')}"`);
  if (options.resourceMetadata !== undefined) {
    const path = `${WELL_KNOWN}${options.path ?? '/mcp'}`;
    const url = options.resourceMetadataUrl ?? `http://${request.headers.host ?? ''}${path}`;
    parts.push(`resource_metadata="${url}"`);
  }
  const challenge = parts.length === 0 ? 'Bearer' : `Bearer ${parts.join(', ')}`;
  return { status: refusal === 'insufficient_scope' ? 403 : 401, challenge };
}
