import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import { exited, IOI, PASSPHRASE } from '@ioi/kit';

/** It gives back what it is sent, after a step that is sealed. */
const WORKER = `
const input = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
};
ioi.task('echo', { input, output: { type: 'string' } }, async ({ text }, agent) => {
  await agent.clock.now();
  return text;
});
`;
const MANIFEST = {
  id: 'ai://local/echo',
  version: 'v1.0.0',
  about: 'Gives back the text that it is sent.',
  entry: { language: 'guest', file: 'worker.guest.js' },
};

/** A worker of a node of its own, served to others by A2A, at an address that wants no token. */
export type ServedEcho = { readonly url: string; readonly stop: () => Promise<void> };

export async function serveEcho(): Promise<ServedEcho> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-a2a-'));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  const env = { PATH: process.env['PATH'] ?? '', IOI_HOME: join(folder, 'home') };
  let serving: ChildProcess | undefined;
  const proxy = createServer();
  const stop = async (): Promise<void> => {
    proxy.close();
    proxy.closeAllConnections();
    if (serving !== undefined) {
      const gone = exited(serving);
      serving.kill();
      await gone;
    }
    spawnSync(process.execPath, [IOI, 'down'], { env });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    installEcho(folder, workspace, env);
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', () => resolve()));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`;
    const port = await freePort();
    const args = ['worker', 'serve', '--a2a', 'echo', '--workspace', workspace, '--url', url];
    const at = ['--port', String(port), '--json'];
    serving = spawn(process.execPath, [IOI, ...args, ...at], { env });
    let said = '';
    serving.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until('the worker is served', async () => said.endsWith('\n'));
    const told = JSON.parse(said) as { readonly token_file: string };
    const token = readFileSync(told.token_file, 'utf8').trim();
    proxy.on('request', (asked, answer) => pass({ port, token }, asked, answer));
    return { url, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** A node that is up, with the worker packed, signed and installed. */
function installEcho(folder: string, workspace: string, env: NodeJS.ProcessEnv): void {
  const ioi = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(process.execPath, [IOI, ...args], { env });
    if (status !== 0) throw new Error(`ioi ${args.join(' ')}: ${stderr}`);
  };
  const [worker, packed] = [join(folder, 'echo'), join(folder, 'echo.worker')];
  mkdirSync(worker);
  writeFileSync(join(worker, MANIFEST.entry.file), WORKER);
  writeFileSync(join(worker, 'worker.json'), JSON.stringify(MANIFEST));
  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
  const secret = ['--passphrase-file', passphrase];
  const key = join(folder, 'publisher.key');
  ioi('init', '--workspace', workspace, ...secret);
  ioi('up', '--detach');
  ioi('policy', 'activate', `${env['IOI_HOME']}/policy.json`, ...secret);
  ioi('domain', 'key', 'new', key, ...secret);
  ioi('worker', 'pack', worker, '--key', key, '--out', packed, ...secret);
  ioi('worker', 'install', packed, ...secret);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The kit sends no token, and names no version where it reads the card. */
function pass(
  { port, token }: { readonly port: number; readonly token: string },
  asked: IncomingMessage,
  answer: ServerResponse,
): void {
  const headers = { 'a2a-version': '1.0', ...asked.headers, authorization: `Bearer ${token}` };
  const about = { host: '127.0.0.1', port, method: asked.method, path: asked.url, headers };
  const passed = request(about, (told) => {
    answer.writeHead(told.statusCode ?? 502, told.headers);
    told.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
}
