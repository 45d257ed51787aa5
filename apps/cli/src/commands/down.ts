import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, countOption } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';
import { runningPid } from '../shell/lock.ts';

const POLL_MS = 25;
const TIMEOUT_S = 20;

/** `ioi down [--timeout SECONDS]`: returns when everything is gone. */
export const down: Command = async ({ home, output }, _args, options) => {
  const timeoutMs = countOption(options, 'timeout', TIMEOUT_S) * 1000;
  const pid = runningPid(home);
  if (pid === undefined) {
    output.say(['the node is not running'], { stopped: false });
    return undefined;
  }
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + timeoutMs;
  while (runningPid(home) !== undefined) {
    if (performance.now() > deadline) throw stillThere(pid, timeoutMs);
    await sleep(POLL_MS);
  }
  output.say(['the node is down'], { stopped: true, pid });
  return undefined;
};

function stillThere(pid: number, timeoutMs: number): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'node.still_up',
    message: `process ${pid} was told to stop and is still there after ${timeoutMs / 1000} s`,
    next: `kill -KILL ${pid}`,
  });
}
