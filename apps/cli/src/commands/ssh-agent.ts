import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quoted } from '../core/next-steps.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, flagOption, needNode } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';
import { agentKeys } from '../shell/ssh-agent/agent-keys.ts';
import { agentServer } from '../shell/ssh-agent/agent-server.ts';
import { callNode } from '../shell/ssh-agent/node-call.ts';
import { logPath, openLogFile } from '../up/log-files.ts';

const SOCKET_NAME = 'agent.sock';
const PATIENCE_MS = 20_000;

/**
 * `ioi ssh-agent`: stands where ssh-agent(1) does. Prints what a shell takes in by `eval`, or runs
 * one command with it. `--foreground` stays, `--kill` ends the one of this shell.
 */
export const sshAgent: Command = async (context, [command, ...args], options) => {
  needNode(context.home);
  if (flagOption(options, 'kill')) return kill(context);
  if (command !== undefined) return runWith(context, command, args);
  return flagOption(options, 'foreground') ? stay(context) : detach(context);
};

type Agent = { readonly server: Server; readonly path: string };

/** In a folder that nobody else may enter. */
async function listen({ home, environment }: Context, say: (line: string) => void): Promise<Agent> {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  const folder = mkdtempSync(join(runtime === '' ? tmpdir() : runtime, 'ioi-ssh-'));
  const path = join(folder, SOCKET_NAME);
  const sockets = findSockets(home);
  const server = agentServer({
    keys: () => agentKeys(home),
    call: (call, signal) => callNode(sockets.mcp, call, signal),
    say: (line) => say(visible(line)),
  });
  server.listen(path);
  await once(server, 'listening');
  return { server, path };
}

function close({ server, path }: Agent): void {
  server.close();
  rmSync(dirname(path), { recursive: true, force: true });
}

function tell({ output }: Context, path: string, pid: number): void {
  const lines = [
    `SSH_AUTH_SOCK=${quoted(path)}; export SSH_AUTH_SOCK;`,
    `SSH_AGENT_PID=${pid}; export SSH_AGENT_PID;`,
    `echo ioi ssh-agent ${pid};`,
  ];
  output.say(lines, { socket: path, pid });
}

async function stay(context: Context): Promise<undefined> {
  const agent = await listen(context, (line) => context.output.note(`ioi: ${line}`));
  tell(context, agent.path, process.pid);
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, resolve);
  // Told by whoever started it in the background, and wants to know where it is.
  process.send?.({ socket: agent.path });
  process.disconnect?.();
  await promise;
  close(agent);
  // Clients that wait for a person would keep it.
  process.exit(0);
}

async function detach(context: Context): Promise<undefined> {
  const { home } = context;
  const log = openLogFile(home, 'ssh-agent');
  const child = spawn(process.execPath, [entries.main, 'ssh-agent', '--foreground'], {
    env: { ...process.env, IOI_HOME: home.folder, NO_COLOR: '1' },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const over = AbortSignal.timeout(PATIENCE_MS);
  const told = await once(child, 'message', { signal: over }).catch(() => []);
  const [{ socket } = { socket: undefined }] = told as [{ socket?: string }?];
  if (socket === undefined || child.pid === undefined) {
    child.kill();
    const message = `the agent did not start; see ${logPath(home, 'ssh-agent')}`;
    throw new CommandFault({ exit: 'unexpected', code: 'ssh_agent.not_started', message });
  }
  if (child.connected) child.disconnect();
  child.unref();
  tell(context, socket, child.pid);
  return undefined;
}

async function runWith(
  context: Context,
  command: string,
  args: readonly string[],
): Promise<undefined> {
  const agent = await listen(context, (line) => context.output.note(`ioi: ${line}`));
  const env = { ...process.env, SSH_AUTH_SOCK: agent.path };
  const child = spawn(command, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const { promise, resolve } = Promise.withResolvers<number>();
  child.on('exit', (code) => resolve(code ?? 1));
  child.on('error', (fault) => {
    context.output.note(`${command}: ${messageOf(fault)}`);
    resolve(127);
  });
  const code = await promise;
  close(agent);
  // As it ended, so does this.
  process.exit(code);
}

async function kill({ environment, output }: Context): Promise<undefined> {
  const pid = Number(environment['SSH_AGENT_PID']);
  const socket = environment['SSH_AUTH_SOCK'] ?? '';
  const isOurs = /\/ioi-ssh-[^/]+\/agent\.sock$/.test(socket);
  if (!isOurs || !Number.isSafeInteger(pid) || pid < 2) {
    throw usageFault('SSH_AGENT_PID and SSH_AUTH_SOCK name no agent of ioi', 'ioi ssh-agent');
  }
  try {
    process.kill(pid, 'SIGTERM');
  } catch (fault) {
    throw usageFault(`the agent ${pid} is not there: ${messageOf(fault)}`);
  }
  output.say(['unset SSH_AUTH_SOCK;', 'unset SSH_AGENT_PID;'], { ended: pid });
  return undefined;
}
