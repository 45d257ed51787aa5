import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
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

export function startHostile(
  recordFolder?: string,
  mode = '',
  changes: Partial<StdioUpstreamOptions> = {},
): Upstream {
  const script = fileURLToPath(new URL('./hostile-server.ts', import.meta.url));
  return stdioUpstream({
    name: 'hostile',
    command: process.execPath,
    args: [script, mode],
    env: minimalEnvironment(process.env),
    ...(recordFolder === undefined ? {} : { recordFolder }),
    ...changes,
  });
}

export type Served = { readonly url: string; readonly process: ChildProcess };

/** `server-everything` over HTTP on a free port of this machine. */
export async function serveEverything(
  transport: 'streamableHttp' | 'sse' = 'streamableHttp',
): Promise<Served> {
  // Again where somebody else took the port that was free.
  return until('server-everything listens', async () => {
    const port = await freePort();
    const child = spawn(process.execPath, [entryOf('server-everything'), transport], {
      env: { ...minimalEnvironment(process.env), PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const path = transport === 'sse' ? 'sse' : 'mcp';
    const served = { url: `http://127.0.0.1:${port}/${path}`, process: child };
    const gone = once(child, 'exit').then(() => undefined);
    return Promise.race([saidBy(child, /listening|running/i).then(() => served), gone]);
  });
}

const STATELESS = fileURLToPath(new URL('./stateless-server.ts', import.meta.url));

/** A server of MCP 2026-07-28 on the official SDK. */
export function startStateless(): Upstream {
  return stdioUpstream({
    name: 'stateless',
    command: process.execPath,
    args: [STATELESS, 'stdio'],
    env: minimalEnvironment(process.env),
  });
}

export async function serveStateless(): Promise<Served> {
  const child = spawn(process.execPath, [STATELESS, 'http'], {
    env: minimalEnvironment(process.env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = await saidBy(child, /http:\S+/);
  return { url: /http:\S+/.exec(said)?.[0] ?? '', process: child };
}

async function saidBy(child: ChildProcess, awaited: RegExp): Promise<string> {
  child.stderr?.setEncoding('utf8');
  for (let said = ''; ; ) {
    if (awaited.test(said)) return said;
    const [text] = (await once(child.stderr ?? child, 'data')) as [string];
    said += text;
  }
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
