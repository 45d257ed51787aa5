import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '@ioi/protocol';
import { CommandFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';
import { runningPid } from '../shell/lock.ts';
import { lastLines, logPath, openLogFile } from './log-files.ts';
import { endOf } from './processes.ts';
import { whenReady } from './ready.ts';

export type Detached = { readonly status: NodeStatus; readonly pid: number };

const TAIL_LINES = 12;
const POLL_MS = 15;

/** Starts the supervisor in the background; resolves when the node answers, or throws why not. */
export async function startDetached(home: Home): Promise<Detached> {
  const pid = runningPid(home);
  if (pid !== undefined) {
    const message = `this node is up already: process ${pid} runs it`;
    throw new CommandFault({
      exit: 'unexpected',
      code: 'node.already_up',
      message,
      next: 'ioi status',
    });
  }
  const log = openLogFile(home, 'up');
  const child = spawn(process.execPath, [entries.main, 'up'], {
    cwd: home.folder,
    env: { ...process.env, IOI_HOME: home.folder, NO_COLOR: '1' },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => {});
  let isOver = child.pid === undefined;
  void endOf(child).then(() => {
    isOver = true;
  });
  // Until the lock is its own, whatever answers is the end of an earlier node.
  while (!isOver && runningPid(home) !== child.pid) await sleep(POLL_MS);
  const status = await whenReady(home, () => isOver);
  if (status === undefined || child.pid === undefined) throw didNotStart(home);
  child.unref();
  return { status, pid: child.pid };
}

function didNotStart(home: Home): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'node.not_started',
    message: `the node did not start; its last lines (${logPath(home, 'up')}):`,
    lines: lastLines(home, 'up', TAIL_LINES),
  });
}
