export type { Authorisation, McpEndpoint, McpEndpointOptions } from './http/options.ts';
export {
  type CallEffect,
  type DropEffect,
  type ProgressReport,
  type ServedSession,
  type SessionHandlers,
  serveSession,
} from './serve-session.ts';
