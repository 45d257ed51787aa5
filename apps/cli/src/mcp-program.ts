import type { Command as Program } from 'commander';
import type { Add } from './governance-program.ts';

/** `ioi mcp` is what a client starts; below it stands what a person does about servers. */
export function addMcpCommands(add: Add, addBelow: (parent: Program) => Add): Program {
  const mcp = add('mcp', 'what an MCP client starts; and the servers behind the node', async () => {
    return (await import('./commands/mcp.ts')).mcp;
  }).option('--objective <text>', 'what you want from this session, in words, or @FILE');
  const below = addBelow(mcp);
  addServerCommands(below);
  const load = () => import('./commands/mcp/tokens.ts');
  below('url', 'where clients reach the node over HTTP', async () => (await load()).mcpUrl);
  below('token <name>', 'let a client in over HTTP, under this name', async () => {
    return (await load()).mcpToken;
  });
  below('tokens', 'who may come in over HTTP', async () => (await load()).mcpTokens);
  below('revoke <name>', 'let this client in no more', async () => (await load()).mcpRevoke);
  return mcp;
}

function addServerCommands(add: Add): void {
  const load = () => import('./commands/mcp/servers.ts');
  add('list', 'the servers behind the node, and how they are', async () => (await load()).mcpList);
  add('add <name> [command...]', 'mount a server: --url URL, or -- COMMAND ARG…', async () => {
    return (await load()).mcpAdd;
  })
    .option('--url <url>', 'a server over Streamable HTTP')
    .option('--transport <name>', 'sse: one over the older HTTP with SSE')
    .option('--workspace <folder>', 'against which its paths are read');
  add('remove <name>', 'unmount a server', async () => (await load()).mcpRemove);
  add('test <name>', 'ask a server anew for all it offers', async () => (await load()).mcpTest);
  add('accept <name>', 'take what a server says of its tools now', async () => {
    return (await load()).mcpAccept;
  });
  add('import <file>', 'servers of Claude, Cursor, Codex, Gemini, VS Code', async () => {
    return (await load()).mcpImport;
  }).option('--dry-run', 'only say which');
}
