export {
  acceptCommand,
  type CommandAct,
  type CommandAnswer,
  type CommandAsking,
  type CommandBackend,
} from './commands/command-door.ts';
export {
  acceptHook,
  type HookAnswer,
  type HookAsked,
  type HookBackend,
  type HookEnd,
} from './commands/hook-door.ts';
export { mcpEndpoint } from './http/endpoint.ts';
export type { HttpLimits } from './http/limits.ts';
export type { Authorisation, McpEndpoint, McpEndpointOptions } from './http/options.ts';
export { type ServedSession, type Streams, serveSession } from './serve-session.ts';
export { makeAuthority, type WebAuthority } from './web/authority.ts';
export type { WebAnswer, WebAsking, WebBackend, WebProblem } from './web/backend.ts';
export { BodySpool } from './web/body-spool.ts';
export { MOST_READ_BYTES } from './web/read-body.ts';
export { PushReader } from './web/read-push.ts';
export { type Spool, SpoolShare } from './web/spool-share.ts';
export { type WebDoor, webDoor } from './web/web-door.ts';
