import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tlsIdentity } from '@ioi/crypto/tls/shell';
import type { ExecutionStatus, ExecutorInvitation, ExecutorRequest } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import { visible } from '../core/visible.ts';
import {
  type Command,
  type Context,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { signShown } from '../shell/governance.ts';
import { findSockets, type Home } from '../shell/home.ts';
import { hostProcess, stopWithUs } from '../shell/host-process.ts';
import { entries, installedCode } from '../shell/installation.ts';
import { callLocal } from '../shell/local-http.ts';

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const COLUMNS = [
  { title: 'EXECUTOR', most: 32 },
  { title: 'STATE', most: 12 },
  { title: 'RUN', most: 40 },
  { title: 'FENCE', most: 12 },
];

/** `ioi executor request --name NAME --out FILE` */
export const executorRequest: Command = async ({ home, output }, _args, options) => {
  const name = textOption(options, 'name') ?? '';
  if (!NAME.test(name)) {
    throw usageFault(`${name} is no name of an executor: lower case letters, digits and -`);
  }
  const folder = folderOf(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { keyHash: key_hash } = tlsIdentity(keyFileOf(home), name);
  const request: ExecutorRequest = { format: 'ioi-executor-request/1', name, key_hash };
  const path = written(options, request);
  const next = `next, where the node is: ioi executor admit ${visible(path)} --out FILE`;
  output.say([`the request of ${visible(name)} is in ${visible(path)}`, next], {
    ...request,
    path,
  });
  return undefined;
};

/** `ioi executor admit REQUEST --out FILE`: shown, and signed by the owner. */
export const executorAdmit: Command = async (context, [path = ''], options) => {
  const { format, name, key_hash } = readJson(path) as ExecutorRequest;
  if (format !== 'ioi-executor-request/1') throw usageFault(`${path} is no request of an executor`);
  const { listening } = await statusOf(context);
  if (listening === undefined) throw noDoor();
  const asked = { name, key_hash };
  const { entry } = await signShown(context, options, { operation: 'executor.admit', asked });
  const out = written(options, invitationOf(name, listening));
  const lines = [
    `admitted: ${visible(name)}, entry ${entry.seq}; its invitation is in ${visible(out)}`,
    `next, on its machine: ioi executor join ${visible(out)}`,
  ];
  context.output.say(lines, { name, key_hash, seq: entry.seq, path: out });
  return undefined;
};

/** `ioi executor invite NAME --out FILE`: of another node that keeps the same log. */
export const executorInvite: Command = async (context, [name = ''], options) => {
  const { listening, executors } = await statusOf(context);
  if (listening === undefined) throw noDoor();
  const isAdmitted = executors.some((each) => each.name === name && each.state === 'admitted');
  if (!isAdmitted)
    throw usageFault(`the owner did not admit ${visible(name)}`, 'ioi executor list');
  const path = written(options, invitationOf(name, listening));
  context.output.say([`the invitation is in ${visible(path)}`], { name, path });
  return undefined;
};

/** `ioi executor dismiss NAME` */
export const executorDismiss: Command = async (context, [name = ''], options) => {
  needNode(context.home);
  const wish = { operation: 'executor.dismiss', asked: { name } };
  const { entry } = await signShown(context, options, wish);
  context.output.say([`dismissed: ${visible(name)}, entry ${entry.seq}`], { name, seq: entry.seq });
  return undefined;
};

/** `ioi executor list` */
export const executorList: Command = async (context) => {
  const status = await statusOf(context);
  const { output } = context;
  const rows = status.executors.map(({ name, state, connected }) => {
    const lease = status.leases.find(({ holder }) => holder === name);
    const is = state === 'admitted' && connected ? 'connected' : state;
    return [name, is, lease?.run_id ?? '', lease?.fence ?? ''];
  });
  const { listening } = status;
  const where =
    listening === undefined
      ? 'nobody can connect: node.json has no /execution'
      : `executors connect at ${listening.address}, ${listening.group}`;
  const lines = output.plain ? tabbed(rows) : [visible(where), ...table(COLUMNS, rows)];
  output.say(lines, status);
  return undefined;
};

/** `ioi executor join INVITATION…`: until it is told to stop. */
export const executorJoin: Command = async ({ home, output }, paths) => {
  const key = keyFileOf(home);
  if (!existsSync(key)) {
    const next = 'ioi executor request --name NAME --out FILE';
    throw usageFault('this machine has no key of an executor', next);
  }
  const files = paths.map((path) => resolve(path));
  for (const file of files) readJson(file);
  const readable = [...installedCode(), folderOf(home), ...files];
  // Its interpreters are threads; it has no files of its own, and starts nothing.
  const may = ['--permission', '--allow-net', '--allow-worker'];
  const flags = [...may, ...readable.map((path) => `--allow-fs-read=${path}`)];
  const quiet = '--disable-warning=ExperimentalWarning';
  const host = hostProcess<{ message: string }>('executor', entries.executor, [key, ...files], {
    flags: [...flags, quiet],
  });
  stopWithUs(host.child);
  host.child.stdout?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').trimEnd().split('\n')) output.note(visible(line));
  });
  await host.ended;
  output.say(['stopped'], { stopped: true });
  return undefined;
};

function invitationOf(
  name: string,
  { address, key_hash }: NonNullable<ExecutionStatus['listening']>,
): ExecutorInvitation {
  const at = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, at), Number(address.slice(at + 1))];
  return { format: 'ioi-executor/1', name, host, port, key_hash };
}

function statusOf({ home }: Context): Promise<ExecutionStatus> {
  needNode(home);
  return callLocal({ socket: findSockets(home).daemon, method: 'GET', path: '/v1/execution' });
}

function noDoor(): CommandFault {
  return new CommandFault({
    exit: 'usage',
    code: 'executor.no_door',
    message: 'executors cannot connect: node.json has no /execution',
    next: 'add "execution": { "host": "…", "port": 7443 } to node.json, and restart the node',
  });
}

function folderOf({ folder }: Home): string {
  return join(folder, 'executor');
}

function keyFileOf(home: Home): string {
  return join(folderOf(home), 'executor.pem');
}

function written(options: Options, value: object): string {
  const path = resolve(textOption(options, 'out') ?? '');
  writeFileSync(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  return path;
}

function readJson(path: string): object {
  try {
    return Object(JSON.parse(readFileSync(resolve(path), 'utf8'))) as object;
  } catch {
    throw usageFault(`${path} cannot be read`);
  }
}
