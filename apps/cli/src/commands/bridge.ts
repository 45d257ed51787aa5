import { isIP } from 'node:net';
import { join } from 'node:path';
import { domainNameOf } from '@ioi/law';
import { visible } from '../core/visible.ts';
import { type Command, listOption, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { findSockets, type Home } from '../shell/home.ts';
import { type HostProcess, hostProcess, stopWithUs } from '../shell/host-process.ts';
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
  const submits = listOption(options, 'submit').map((name) => nameOf(name));
  const serve = ['serve', ...place, String(port), String(patience), ...submits];
  const { child, said, ended } = startBridge(serve);
  stopWithUs(child);
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
  const { said, ended } = startBridge(['password', folderOf(home)]);
  const { password = '' } = await said;
  await ended;
  output.say([password], { password });
  return undefined;
};

/** `ioi bridge setup`: for an administrator of the server. */
export const bridgeSetup: Command = async ({ output }) => {
  const { said, ended } = startBridge(['setup']);
  const { sql = '' } = await said;
  await ended;
  output.say(sql.split('\n'), { sql });
  return undefined;
};

function nameOf(domain: string): string {
  return domain.includes('://') ? domainNameOf(domain) : domain;
}

function folderOf({ folder }: Home): string {
  return join(folder, 'bridge');
}

type Said = {
  readonly url?: string;
  readonly certificate?: string;
  readonly password?: string;
  readonly sql?: string;
};

function startBridge(args: readonly string[]): HostProcess<Said> {
  return hostProcess('bridge', entries.bridge, args);
}
