import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@ioi/jsonrpc';
import type { Backend, Notice } from '../../core/backend.ts';
import type { HttpLimits } from './limits.ts';

/** Who a bearer token stands for; the empty name where nobody is asked who they are. */
export type Authorisation =
  | { readonly ok: string }
  | {
      readonly refusal: 'missing' | 'invalid' | 'insufficient_scope';
      /** Scopes that would do, separated by spaces (RFC 6750, 3). */
      readonly scope?: string;
    };

export type McpEndpointOptions = {
  /** Path of the endpoint: '/mcp' where absent. */
  readonly path?: string;
  /** One for each stateful session, one for each principal of stateless requests. */
  readonly backendFor: (principal: string, opened: 'stateful' | 'stateless') => Backend;
  /** Absent: everybody who reaches the socket is the principal ''. */
  readonly authorise?: (bearer: string | undefined) => Promise<Authorisation>;
  /** RFC 9728 document, served below `/.well-known/oauth-protected-resource`. */
  readonly resourceMetadata?: JsonObject;
  /** Absolute URL of that document, as clients reach it; needed where it is served. */
  readonly resourceMetadataUrl?: string;
  /** Names, without ports, that `Host` may have: the loopback names where absent. */
  readonly allowedHosts?: readonly string[];
  /** Origins that pages may have; those of the allowed hosts where absent. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<HttpLimits>;
  /** What failed before there was a backend to tell. */
  readonly fault?: (error: unknown) => void;
};

export type McpEndpoint = {
  /** Handler of a `node:http` server; what is not the endpoint's is answered with 404. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** To every session and principal whose backend `to` accepts; to all where it is absent. */
  notify(notice: Notice, to?: (backend: Backend) => boolean): void;
  /** Ends what a principal has open, at once: what it comes with next is judged anew. */
  revoke(principal: string): void;
  /** Stateful sessions that are open. */
  readonly sessions: number;
  /** Ends sessions and streams, listening ones gracefully; later requests get 503. */
  close(): void;
};
