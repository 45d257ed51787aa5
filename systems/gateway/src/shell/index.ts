export type { Authorisation, McpEndpoint, McpEndpointOptions } from './http/options.ts';
export { type ServedSession, type Streams, serveSession } from './serve-session.ts';
