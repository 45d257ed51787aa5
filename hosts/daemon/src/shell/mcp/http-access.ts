import type { Authorisation, McpEndpointOptions } from '@ioi/gateway/shell';
import { principalOf } from '@ioi/law';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { McpHttpConfig } from '../config.ts';
import type { AccessTokens } from './access-tokens.ts';

export type HttpAccess = Omit<McpEndpointOptions, 'backendFor'>;

type AuthorizationServer = NonNullable<McpHttpConfig['authorization_server']>;

const SCOPE = 'mcp';
/** Signatures an authorization server may use: none that a shared secret makes. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'RS256', 'PS256'];
const CLOCK_TOLERANCE_S = 30;

/**
 * Who may come in over Streamable HTTP (MCP authorization, RFC 9728): bearers of the node's own
 * tokens, and of access tokens that the configured authorization server issued for this node.
 */
export function httpAccess(config: McpHttpConfig, url: string, tokens: AccessTokens): HttpAccess {
  const { auth, authorization_server: issuer, allowed_hosts: allowedHosts } = config;
  const hosts = allowedHosts === undefined ? {} : { allowedHosts };
  if (auth === 'none') return hosts;
  const resourceMetadataUrl = new URL('/.well-known/oauth-protected-resource/mcp', url).href;
  const resourceMetadata = {
    resource: url,
    bearer_methods_supported: ['header'],
    scopes_supported: [SCOPE],
    resource_name: 'IOI Hypervisor Node',
    ...(issuer === undefined ? {} : { authorization_servers: [issuer.issuer] }),
  };
  const foreign = issuer && foreignTokens(issuer, url);
  const authorise = async (bearer: string | undefined): Promise<Authorisation> => {
    if (bearer === undefined) return { refusal: 'missing', scope: SCOPE };
    const name = tokens.nameOf(bearer);
    if (name !== undefined) return { ok: name };
    return foreign ? foreign(bearer) : { refusal: 'invalid' };
  };
  return { ...hosts, authorise, resourceMetadata, resourceMetadataUrl };
}

/** The same for all but those who left: an authorization server may know nothing of that yet. */
export function withoutThose(
  hasLeft: (principal: string) => boolean,
  access: HttpAccess | undefined,
): HttpAccess | undefined {
  const { authorise } = access ?? {};
  if (authorise === undefined) return access;
  const remaining = async (bearer: string | undefined): Promise<Authorisation> => {
    const found = await authorise(bearer);
    return 'ok' in found && hasLeft(found.ok) ? { refusal: 'invalid' } : found;
  };
  return { ...access, authorise: remaining };
}

/** JSON Web Tokens (RFC 9068) whose audience is this endpoint and no other. */
function foreignTokens(
  { issuer, jwks_uri: jwksUri, token_type: typ }: AuthorizationServer,
  audience: string,
) {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  return async (bearer: string): Promise<Authorisation> => {
    try {
      const { payload, protectedHeader } = await jwtVerify(bearer, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'sub'],
      });
      if (!isAccessToken(protectedHeader.typ, typ)) return { refusal: 'invalid' };
      if (!scopesOf(payload).includes(SCOPE))
        return { refusal: 'insufficient_scope', scope: SCOPE };
      return { ok: principalOf({ issuer, subject: payload.sub ?? '' }) };
    } catch {
      // Also where its keys cannot be fetched: what cannot be verified lets nobody in.
      return { refusal: 'invalid' };
    }
  };
}

/**
 * Whether a token says that it is one for access (RFC 9068, 2.1). A server that says so always is
 * held to it; of another a plain JSON Web Token will do, since it names this endpoint as its
 * audience, and nothing that was made for another purpose.
 */
function isAccessToken(said: string | undefined, wanted: 'at+jwt' | undefined): boolean {
  const type = said?.toLowerCase().replace(/^application\//, '');
  if (type === 'at+jwt') return true;
  return wanted === undefined && (type === undefined || type === 'jwt');
}

function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  if (typeof scope === 'string') return scope.split(' ');
  return Array.isArray(scp) ? scp.map(String) : [];
}
