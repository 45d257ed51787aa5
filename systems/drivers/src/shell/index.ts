export { resolvePaths } from './filesystem.ts';
export { type Launch, type Launched, type LaunchOptions, minimalEnvironment } from './launch.ts';
export { type McpDriverOptions, mcpDriver } from './mcp-driver.ts';
export type { Upstream, UpstreamCall, UpstreamCode } from './upstream.ts';
export { type HttpUpstreamOptions, httpUpstream } from './upstream-http.ts';
export { type StdioUpstreamOptions, stdioUpstream } from './upstream-stdio.ts';
