import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseStrict } from '@ioi/canon';
import { visible } from '../core/visible.ts';
import { type Command, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { findSockets, type Home } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';

const PORT = 5433;
const PATIENCE_S = 10;
const LOOPBACK = '127.0.0.1';

/** `ioi bridge serve`: until it is told to stop. */
export const bridgeServe: Command = async ({ output, home, daemon }, _args, options) => {
  const host = textOption(options, 'listen') ?? LOOPBACK;
  const port = Number(textOption(options, 'port') ?? PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw usageFault('--port is a number');
  if (isIP(host) === 0 && host !== 'localhost') throw usageFault('--listen is an address');
  const patience = Number(textOption(options, 'patience') ?? PATIENCE_S);
  if (!Number.isInteger(patience) || patience < 1) throw usageFault('--patience is in seconds');
  await daemon.status();
  const { data } = home;
  const place = [folderOf(home), data, findSockets(home).daemon, host];
  const child = startBridge(['serve', ...place, String(port), String(patience)]);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill('SIGTERM'));
  }
  const { said, ended } = watched(child);
  const { url = '', certificate = '' } = await said;
  const lines = [
    `the bridge listens at ${visible(url)}`,
    'its password: ioi bridge password',
    `its certificate is signed by ${visible(certificate)}`,
  ];
  output.say(lines, { url, certificate });
  await ended;
  return undefined;
};

/** `ioi bridge password`: made when it is first asked for. */
export const bridgePassword: Command = async ({ output, home }) => {
  const { said, ended } = watched(startBridge(['password', folderOf(home)]));
  const { password = '' } = await said;
  await ended;
  output.say([password], { password });
  return undefined;
};

function folderOf({ folder }: Home): string {
  return join(folder, 'bridge');
}

function startBridge(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [entries.bridge, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

type Said = { readonly url?: string; readonly certificate?: string; readonly password?: string };

/** What it says first, and its end; what it says on standard error goes on to ours. */
function watched(child: ChildProcess): { said: Promise<Said>; ended: Promise<void> } {
  let last = '';
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the bridge has no output');
  createInterface({ input: stderr }).on('line', (line) => {
    last = line;
    process.stderr.write(`${visible(line)}\n`);
  });
  const line = once(createInterface({ input: stdout }), 'line');
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw faultOf(last, Number(code));
  });
  const said = Promise.race([line, ended.then(() => line)]);
  return { ended, said: said.then(([first]) => JSON.parse(String(first)) as Said) };
}

function faultOf(said: string, exitCode: number): CommandFault {
  const parsed = parseStrict(said);
  const { code, message } = (parsed.ok ? Object(parsed.value) : {}) as Record<string, unknown>;
  const isNamed = typeof code === 'string' && typeof message === 'string';
  return new CommandFault({
    exit: 'unexpected',
    code: isNamed ? code : 'bridge.ended',
    message: isNamed ? message : `the bridge ended (${exitCode})`,
  });
}
