import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { minimalEnvironment } from '../shell/launch.ts';
import type { Upstream } from '../shell/upstream.ts';
import { type StdioUpstreamOptions, stdioUpstream } from '../shell/upstream-stdio.ts';

/** The entry file of an installed MCP server. */
function entryOf(server: 'server-filesystem' | 'server-everything'): string {
  return fileURLToPath(import.meta.resolve(`@modelcontextprotocol/${server}/dist/index.js`));
}

export function startFilesystem(root: string, recordFolder?: string): Upstream {
  return stdioUpstream({
    name: 'filesystem',
    command: process.execPath,
    args: [entryOf('server-filesystem'), root],
    env: minimalEnvironment(process.env),
    ...(recordFolder === undefined ? {} : { recordFolder }),
  });
}

export function startEverything(changes: Partial<StdioUpstreamOptions> = {}): Upstream {
  return stdioUpstream({
    name: 'everything',
    command: process.execPath,
    args: [entryOf('server-everything'), 'stdio'],
    env: minimalEnvironment(process.env),
    ...changes,
  });
}

export function startHostile(recordFolder?: string, mode = ''): Upstream {
  const script = fileURLToPath(new URL('./hostile-server.ts', import.meta.url));
  return stdioUpstream({
    name: 'hostile',
    command: process.execPath,
    args: [script, mode],
    env: minimalEnvironment(process.env),
    ...(recordFolder === undefined ? {} : { recordFolder }),
  });
}

/** `server-everything` over Streamable HTTP on a free port of this machine. */
export async function serveEverything(): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort();
  const child = spawn(process.execPath, [entryOf('server-everything'), 'streamableHttp'], {
    env: { ...minimalEnvironment(process.env), PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8');
  for (let said = ''; !said.includes('listening'); ) {
    const [text] = (await once(child.stderr, 'data')) as [string];
    said += text;
  }
  return { url: `http://127.0.0.1:${port}/mcp`, process: child };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
