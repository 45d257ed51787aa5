import { type Command, countOption } from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault } from '../shell/fault.ts';
import { stopSupervisor } from '../up/stop.ts';

const TIMEOUT_S = 20;

/** `ioi down [--timeout SECONDS]`: returns when everything is gone. */
export const down: Command = async ({ home, output }, _args, options) => {
  refuseDedicated(home.folder, 'sudo systemctl stop, as ioi service status names it');
  const seconds = countOption(options, 'timeout', TIMEOUT_S);
  const stopped = await stopSupervisor(home, seconds * 1000);
  if (stopped?.isGone === false) throw stillThere(stopped.pid, seconds);
  const line = stopped === undefined ? 'the node is not running' : 'the node is down';
  output.say([line], { stopped: stopped !== undefined, ...(stopped && { pid: stopped.pid }) });
  return undefined;
};

function stillThere(pid: number, seconds: number): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'node.still_up',
    message: `process ${pid} was told to stop and is still there after ${seconds} s`,
    next: `kill -KILL ${pid}`,
  });
}
