export { type ClientDriverOptions, clientDriver } from './client-driver.ts';
export {
  commandDriver,
  type FolderOf,
  NOT_STARTED_CODE,
} from './command-driver.ts';
export {
  type ConnectorCall,
  type ConnectorDriverOptions,
  connectorDriver,
} from './connector-driver.ts';
export { type ConnectorListing, connectorUpstream } from './connector-upstream.ts';
export { resolvePaths } from './filesystem.ts';
export type { Send } from './http-channel.ts';
export {
  type Launch,
  type Launched,
  type LaunchOptions,
  launchPlainly,
  minimalEnvironment,
  type ServerManifest,
} from './launch.ts';
export { type McpDriverOptions, mcpDriver } from './mcp-driver.ts';
export type { UpstreamBounds } from './mcp-upstream.ts';
export { Sandbox } from './sandbox/launch-sandboxed.ts';
export { addressesOf, isNear } from './sandbox/near.ts';
export { openPortDoor, type PortDoor } from './sandbox/port-door.ts';
export { probeSandbox, type SandboxProbe } from './sandbox/probe.ts';
export { type DeclaredRun, runDeclared } from './sandbox/run-declared.ts';
export { limitHolds, runSandboxed, type SandboxedRun } from './sandbox/run-sandboxed.ts';
export {
  type Described,
  type Era,
  type LeftOut,
  type Listed,
  type ListKind,
  type Notice,
  type Passage,
  type RequestMethod,
  type Unauthorised,
  type Upstream,
  type UpstreamCall,
  type UpstreamCode,
  UpstreamFault,
  type UpstreamRequest,
} from './upstream.ts';
export { type HttpUpstreamOptions, httpUpstream } from './upstream-http.ts';
export { type StdioUpstreamOptions, stdioUpstream } from './upstream-stdio.ts';
export type { LongAnswer } from './web-answer.ts';
export { type Exchanged, type SecretCall, type WebDriverOptions, webDriver } from './web-driver.ts';
export { type WorkerFilesOptions, workerFiles } from './worker-files.ts';
