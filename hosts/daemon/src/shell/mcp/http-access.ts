import { digestBytes } from '@ioi/canon';
import type { Authorisation, McpEndpointOptions } from '@ioi/gateway/shell';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { McpHttpConfig } from '../config.ts';
import type { AccessTokens } from './access-tokens.ts';

export type HttpAccess = Omit<McpEndpointOptions, 'backendFor'>;

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

/** JSON Web Tokens (RFC 9068) whose audience is this endpoint and no other. */
function foreignTokens(
  { issuer, jwks_uri: jwksUri }: NonNullable<McpHttpConfig['authorization_server']>,
  audience: string,
) {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  return async (bearer: string): Promise<Authorisation> => {
    try {
      const { payload } = await jwtVerify(bearer, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'sub'],
      });
      if (!scopesOf(payload).includes(SCOPE))
        return { refusal: 'insufficient_scope', scope: SCOPE };
      return { ok: principalOf(payload.sub ?? '') };
    } catch (fault) {
      if (fault instanceof errors.JOSEError) return { refusal: 'invalid' };
      throw fault;
    }
  };
}

function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  if (typeof scope === 'string') return scope.split(' ');
  return Array.isArray(scp) ? scp.map(String) : [];
}

/** As it may stand in an agent id, and never one of the node's own names. */
function principalOf(subject: string): string {
  return `sub-${digestBytes(subject).slice('sha256:'.length, 'sha256:'.length + 32)}`;
}
