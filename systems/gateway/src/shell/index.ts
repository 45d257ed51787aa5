export { mcpEndpoint } from './http/endpoint.ts';
export type { HttpLimits } from './http/limits.ts';
export type { Authorisation, McpEndpoint, McpEndpointOptions } from './http/options.ts';
export { type ServedSession, type Streams, serveSession } from './serve-session.ts';
